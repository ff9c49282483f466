//! The cases of a workflow.

use lockstep_core::case::{self, WorkflowCase, judge_workflow};

use super::{Group, Test, Tested};
use crate::case::{CaseFile, RunStage, of_run};
use crate::project::{Refused, WorkflowFile};
use crate::report::{self, case as told};

impl Test {
    pub(super) async fn test_workflow(
        &self,
        file: WorkflowFile,
        files: Vec<CaseFile>,
    ) -> anyhow::Result<Group> {
        let stage = RunStage::new(file)?;
        report::warnings(stage.warnings());
        let (mut ready, mut wrong) = (Vec::new(), Vec::new());
        for file in files {
            match self.read_run(&stage, &file) {
                Ok(case) => ready.extend(case.map(|case| (file, case))),
                Err(lines) => wrong.extend(lines),
            }
        }
        if !wrong.is_empty() {
            return Err(Refused { lines: wrong }.into());
        }
        let mut tested = Vec::new();
        for (file, case) in ready {
            let one = self.one_run(&stage, file, case).await?;
            self.show(&one)?;
            tested.push(one);
        }
        let name = stage.workflow().name.clone();
        Ok(Group { kind: "workflow", name, component: None, tested })
    }

    /// A case; none if it is not wanted.
    fn read_run(&self, stage: &RunStage, file: &CaseFile) -> Result<Option<WorkflowCase>, Vec<String>> {
        let case = case::workflow(&file.text, file.format).map_err(|findings| file.lines(&findings))?;
        if !self.wants(file, case.title.as_deref()) {
            return Ok(None);
        }
        let mut findings = case.findings(stage.workflow());
        if !self.bless {
            findings.extend(case.misnamed(stage.workflow()));
        }
        if !findings.is_empty() {
            return Err(file.lines(&findings));
        }
        match self.expects_nothing(file, case.expect.is_some()) {
            Some(line) => Err(vec![line]),
            None => Ok(Some(case)),
        }
    }

    async fn one_run(&self, stage: &RunStage, file: CaseFile, case: WorkflowCase) -> anyhow::Result<Tested> {
        let played = stage.play(&case, &file.name()).await?;
        let differences =
            case.expect.as_ref().map_or(Vec::new(), |expect| judge_workflow(expect, &played.ran));
        let differs = case.expect.is_none() || !differences.is_empty();
        let is_sound = played.asked.unanswered.is_empty() && played.complaints.is_empty();
        let plan = || of_run(case.expect.as_ref(), &played.ran, &differences);
        let verdict = self.verdict(&file, differs, is_sound, plan)?;
        Ok(Tested {
            used: told::used_by_run(&played),
            happened: told::run_happened(&played),
            object: told::of_run(&played),
            file,
            title: case.title,
            about: stage.workflow().name.clone(),
            asked: played.asked,
            complaints: played.complaints,
            differences,
            verdict,
        })
    }
}
