//! Threads that share one queue of questions and end when nobody can ask any more.

use std::fmt;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Asks its threads, and waits for their end when it is dropped.
pub(super) struct Worker<T> {
    ask: Option<Sender<T>>,
    threads: Vec<JoinHandle<()>>,
}

/// What is asked; each question goes to one thread. Only threads hold it: with the last of them it
/// goes, and so do the questions that nobody will answer.
#[derive(Debug)]
pub(super) struct Queue<T>(Arc<Mutex<Receiver<T>>>);

impl<T> Queue<T> {
    /// The next question; none when nobody can ask any more.
    pub(super) fn next(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
    }

    /// The next question, if there is one already.
    pub(super) fn at_hand(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).try_recv().ok()
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Queue<T> {
        Queue(self.0.clone())
    }
}

impl<T> Worker<T> {
    pub(super) fn new() -> (Worker<T>, Queue<T>) {
        let (ask, queue) = mpsc::channel();
        (Worker { ask: Some(ask), threads: Vec::new() }, Queue(Arc::new(Mutex::new(queue))))
    }

    pub(super) fn start(&mut self, name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
        self.threads.push(std::thread::Builder::new().name(name.into()).spawn(work)?);
        Ok(())
    }

    /// If no thread is left, the question is dropped, and whoever waits for its answer learns of it.
    pub(super) fn ask(&self, question: T) {
        if let Some(ask) = &self.ask {
            let _ = ask.send(question);
        }
    }
}

impl<T> fmt::Debug for Worker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl<T> Drop for Worker<T> {
    fn drop(&mut self) {
        self.ask = None;
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_no_thread_is_left_to_answer_is_dropped() {
        let (mut worker, queue) = Worker::<Sender<()>>::new();
        worker.start("ends-at-once", move || drop(queue)).unwrap();
        worker.threads.remove(0).join().unwrap();
        let (answer, answered) = mpsc::channel();
        worker.ask(answer);
        assert!(answered.recv().is_err());
    }

    #[test]
    fn dropping_waits_for_what_was_asked() {
        let (mut worker, queue) = Worker::new();
        let (done, seen) = mpsc::channel();
        let work = move || std::iter::from_fn(|| queue.next()).for_each(|n: u32| done.send(n).unwrap());
        worker.start("echoes", work).unwrap();
        (0..100).for_each(|n| worker.ask(n));
        drop(worker);
        assert_eq!(seen.try_iter().count(), 100);
    }
}
