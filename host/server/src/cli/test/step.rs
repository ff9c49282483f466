//! The cases of a step's handlers.

use lockstep_core::case::{self, Call, StepCase, judge};

use super::{Group, Test, Tested};
use crate::case::{CaseFile, Stage, Subject, of_step};
use crate::project::Refused;
use crate::report::case as told;

/// A case that was read.
struct Ready {
    file: CaseFile,
    case: StepCase,
    call: Call,
}

impl Test {
    pub(super) async fn test_step(&self, subject: &Subject, files: Vec<CaseFile>) -> anyhow::Result<Group> {
        let ready = self.ready(subject, files)?;
        let cases: Vec<&StepCase> = ready.iter().map(|ready| &ready.case).collect();
        let mut tested = Vec::new();
        if !ready.is_empty() {
            let stage = Stage::new(subject, &cases)?;
            for ready in ready {
                let one = self.one(&stage, subject, ready).await?;
                self.show(&one)?;
                tested.push(one);
            }
        }
        let (name, component) = (subject.name.clone(), Some(subject.component.clone()));
        Ok(Group { kind: "step", name, component, tested })
    }

    /// The cases, read and held against the component; whatever is wrong with any of them is told at once.
    fn ready(&self, subject: &Subject, files: Vec<CaseFile>) -> Result<Vec<Ready>, Refused> {
        let (mut ready, mut wrong) = (Vec::new(), Vec::new());
        for file in files {
            match self.read(subject, file) {
                Ok(one) => ready.extend(one),
                Err(lines) => wrong.extend(lines),
            }
        }
        if wrong.is_empty() { Ok(ready) } else { Err(Refused { lines: wrong }) }
    }

    /// A case; none if it is not wanted.
    fn read(&self, subject: &Subject, file: CaseFile) -> Result<Option<Ready>, Vec<String>> {
        let case = case::step(&file.text, file.format).map_err(|findings| file.lines(&findings))?;
        if !self.wants(&file, case.title.as_deref()) {
            return Ok(None);
        }
        let alone = subject.contract.alone();
        let call = case.call(&alone).map_err(|findings| file.lines(&findings))?;
        let misnamed = case.misnamed(&alone, &call);
        if !self.bless && !misnamed.is_empty() {
            return Err(file.lines(&misnamed));
        }
        match self.expects_nothing(&file, case.expect.is_some()) {
            Some(line) => Err(vec![line]),
            None => Ok(Some(Ready { file, case, call })),
        }
    }

    async fn one(&self, stage: &Stage, subject: &Subject, ready: Ready) -> anyhow::Result<Tested> {
        let Ready { file, case, call } = ready;
        let about = subject.contract.handlers[call.handler].name.clone();
        let played = stage.play(&case, call).await?;
        let differences = case.expect.as_ref().map_or(Vec::new(), |expect| judge(expect, &played.happened));
        let differs = case.expect.is_none() || !differences.is_empty();
        let plan = || of_step(case.expect.as_ref(), &played.happened, &differences);
        let verdict = self.verdict(&file, differs, played.asked.unanswered.is_empty(), plan)?;
        Ok(Tested {
            used: told::used(&played),
            happened: told::happened(&played),
            object: told::of_step(&about, &played),
            file,
            title: case.title,
            about,
            asked: played.asked,
            complaints: Vec::new(),
            differences,
            verdict,
        })
    }
}
