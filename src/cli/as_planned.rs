//! Plans services at a commit, whether they have changed or not.

use super::failure::Failure;
use crate::analysis::base::{self, Compare};
use crate::inputs::trigger::{ManualInputs, Trigger};
use crate::model::name::CommitId;
use crate::plan::Plan;
use crate::plan::pipeline::{
    self, Dead, Naming, PushRequest, Request, TakeFingerprints, Unmatched, Workspace, WorkspaceView,
};

/// Returns the plan of the named services at the commit of a request, whether they have changed or not.
pub(crate) fn as_planned(
    names: Vec<String>,
    environment: &str,
    asked: Request,
    workspace: &Workspace,
) -> Result<Plan, Failure> {
    let request = Request {
        base: base::RangeRequest { compare: Compare::Nothing("what is asked for by name".to_owned()), ..asked.base },
        force: Vec::new(),
        named: names.clone(),
        only: names,
        services: Vec::new(),
        environment: Some(environment.to_owned()),
        unmatched: Unmatched::Ignore,
        dead: Dead::Allow,
        ..asked
    };
    let trigger = Trigger { inputs: ManualInputs::default(), ..workspace.trigger.clone() };
    let view = WorkspaceView { trigger: &trigger, ..workspace.view() };
    let planned = pipeline::plan(&view, &request, &mut |_| {})?;
    Ok(planned.plan)
}

/// Returns the plan of all services at a commit, whether they have changed or not.
pub(crate) fn everything(workspace: &Workspace, environment: &str, commit: CommitId) -> Result<Plan, Failure> {
    let request = Request {
        base: base::RangeRequest { head: Some(commit.to_string()), ..base::RangeRequest::default() },
        naming: Some(Naming::default()),
        // Images may have been pushed before, even if this run pushes none.
        push: PushRequest::Asked,
        fingerprints: TakeFingerprints::Yes,
        ..Request::default()
    };
    let names = workspace.config.graph.services().map(|service| workspace.config.graph.name(service).to_string());
    as_planned(names.collect(), environment, request, workspace)
}
