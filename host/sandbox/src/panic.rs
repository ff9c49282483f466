//! A panic of the host while it works for an attempt ends that attempt only: what it held is dropped, and
//! its words go to the panic hook of the program, never to the guest or into a report.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The host panicked.
#[derive(Debug)]
pub(crate) struct Panicked;

/// What a future comes to, or that it panicked; then all it held is gone.
pub(crate) fn contained<F: Future>(future: F) -> Contained<F> {
    Contained(Some(Box::pin(future)))
}

/// A future whose panics go no further.
pub(crate) struct Contained<F>(Option<Pin<Box<F>>>);

impl<F: Future> Future for Contained<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.0 else { return Poll::Ready(Err(Panicked)) };
        // What the future broke is dropped with it, so nobody sees it half done.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(polled) => polled.map(Ok),
            Err(_) => {
                let broken = self.0.take();
                // Dropping what is half done may panic again; there is nothing more to drop then.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(broken)));
                Poll::Ready(Err(Panicked))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says that it is gone, and panics then if it is told to.
    struct Held<'a>(&'a std::sync::atomic::AtomicBool, bool);

    impl Drop for Held<'_> {
        fn drop(&mut self) {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(!self.1 || std::thread::panicking(), "dropped badly");
        }
    }

    #[tokio::test]
    async fn a_panic_is_told_and_what_the_future_held_is_dropped() {
        for drops_badly in [false, true] {
            let dropped = std::sync::atomic::AtomicBool::new(false);
            let held = Held(&dropped, drops_badly);
            let ended = contained(async {
                tokio::task::yield_now().await;
                assert_eq!(held.1, !drops_badly, "a panic");
                drop(held);
            });
            ended.await.unwrap_err();
            assert!(dropped.load(std::sync::atomic::Ordering::Relaxed));
        }
    }

    #[tokio::test]
    async fn what_does_not_panic_comes_through() {
        assert_eq!(contained(async { 7 }).await.unwrap(), 7);
    }
}
