//! What all attempts of a component share, be it a step or a tool: compiled and linked with what it asks for,
//! under its grant; and the fresh store that each attempt gets.

use std::path::Path;
use std::sync::Arc;

use lockstep_core::grant::{Grant, ScratchGrant};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{Engine, Store};

use crate::attempt::Guest;
use crate::capability::{
    self, Buckets, Chance, Files, Folder, Http, Inert, OwnBlobs, Scratch, State, Timers, Updates,
};
use crate::egress::Egress;
use crate::engine::Ticks;
use crate::leaving::Leaving;
use crate::log::Log;
use crate::meter::{Cpu, Memory, Room, count_cpu};
use crate::tools::{Session, Toolbox, Tools};
use crate::{Blobs, Error, Identity, KeyValue, Sandbox, View, Wall, Walls, Watcher};

/// Data that one host call may carry, and what is lifted of a result, in bytes.
const HOST_CALL_BYTES: usize = 16 << 20;
/// Handles of resources that a guest may hold at once.
const HANDLES: usize = 1024;

/// A component under its grant.
pub(crate) struct Base {
    pub(crate) pre: InstancePre<Guest>,
    pub(crate) grant: Arc<Grant>,
    pub(crate) egress: Option<Arc<Egress>>,
    /// The tools that it may call.
    pub(crate) tools: Option<Arc<Tools>>,
    /// The folders of the grant, open.
    folders: Arc<[Folder]>,
    /// What each attempt gets of its own, and where.
    scratch: Option<(ScratchGrant, Arc<Path>)>,
    ticks: Arc<Ticks>,
    pub(crate) walls: Walls,
}

/// What an attempt is given beside what all attempts share.
pub(crate) struct Given {
    pub(crate) identity: Identity,
    pub(crate) leaving: Arc<Leaving>,
    pub(crate) log: Log,
    pub(crate) room: Room,
    pub(crate) kv: Option<Arc<dyn KeyValue>>,
    /// What only a step has: a tool has no run.
    pub(crate) run: OfRun,
}

/// What an attempt sees of its run, and who watches it.
#[derive(Default)]
pub(crate) struct OfRun {
    pub(crate) state: View,
    pub(crate) watcher: Option<Arc<dyn Watcher>>,
    pub(crate) blobs: Option<Arc<dyn Blobs>>,
}

impl Base {
    pub(crate) fn new(
        component: &Component,
        grant: &Grant,
        ticks: Arc<Ticks>,
        sandbox: &Sandbox,
        toolbox: &Toolbox,
    ) -> Result<Base, Error> {
        let walls = sandbox.walls;
        let pre = link(component, grant, walls)?;
        let egress = Egress::new(grant, &sandbox.means, walls)?;
        let tools = Tools::new(grant, toolbox, walls)?;
        let scratch = match grant.scratch {
            Some(own) => Some((own, sandbox.scratch.clone().ok_or(Error::NoScratch)?)),
            None => None,
        };
        let folders = Folder::all(grant, walls)?;
        let grant = Arc::new(Grant { limits: walls.limits(&grant.limits), ..grant.clone() });
        Ok(Base { pre, grant, egress, tools, folders, scratch, ticks, walls })
    }

    /// Whether a person may be asked about a call of an attempt, or of a tool that it calls.
    pub(crate) fn may_ask(&self) -> bool {
        self.grant.may_ask() || self.tools.as_ref().is_some_and(|tools| tools.may_ask())
    }

    /// A fresh store for one attempt.
    pub(crate) fn store(&self, given: Given) -> Store<Guest> {
        let mut store = Store::new(self.pre.engine(), self.guest(given));
        store.limiter(|guest| &mut guest.memory);
        if self.walls.stands(Wall::HostCallBytes) {
            store.set_hostcall_fuel(HOST_CALL_BYTES);
        }
        if self.walls.stands(Wall::Handles) {
            store.set_max_component_handles(HANDLES);
        }
        if self.grant.limits.fuel > 0 {
            store.set_fuel(self.grant.limits.fuel).expect("the engine of a release with fuel counts it");
        }
        count_cpu(&mut store);
        store
    }

    fn guest(&self, given: Given) -> Guest {
        let Given { identity, leaving, log, room, kv, run } = given;
        let scratch = self.scratch.clone().map(|(grant, within)| Scratch::new(grant, within));
        let session =
            |tools| Session::new(tools, leaving.clone(), kv.clone(), log.clone(), self.grant.clone());
        let tools = self.tools.clone().map(session);
        Guest {
            chance: Chance::new(self.grant.random, &identity, leaving.moment()),
            tools: capability::Tools::new(tools),
            identity,
            grant: self.grant.clone(),
            walls: self.walls,
            cpu: Cpu::new(self.ticks.clone(), self.grant.limits.cpu),
            fuel: self.grant.limits.fuel,
            memory: Memory::new(room),
            log,
            calls: leaving.calls.clone(),
            denials: leaving.denials.clone(),
            state: State::new(self.grant.state.as_ref(), run.state),
            updates: Updates::new(self.grant.updates.as_ref(), run.watcher),
            timers: Timers::default(),
            blobs: OwnBlobs::new(run.blobs),
            http: Http::new(self.egress.clone(), leaving.clone()),
            leaving,
            buckets: Buckets::new(kv),
            files: Files::new(self.folders.clone(), scratch, self.walls),
            wasi: Inert::default(),
        }
    }
}

fn link(component: &Component, grant: &Grant, walls: Walls) -> Result<InstancePre<Guest>, Error> {
    let engine = component.engine();
    let imports = imports(component);
    let imports: Vec<&str> = imports.iter().map(String::as_str).collect();
    if walls.stands(Wall::Imports) {
        capability::check(&imports, grant).map_err(Error::Link)?;
    }
    let mut linker = Linker::new(engine);
    capability::link(&mut linker, &imports)
        .and_then(|()| linker.instantiate_pre(component))
        .map_err(|error| Error::Link(format!("{error:#}")))
}

/// The interfaces that a component calls.
pub(crate) fn imports(component: &Component) -> Vec<String> {
    let (engine, ty) = (component.engine(), component.component_type());
    let imports = ty.imports(engine).filter(|(_, item)| has_functions(engine, &item.ty));
    imports.map(|(name, _)| name.to_owned()).collect()
}

/// An interface of which only types are used needs no definition and reaches nothing.
fn has_functions(engine: &Engine, item: &ComponentItem) -> bool {
    match item {
        ComponentItem::ComponentInstance(instance) => {
            instance.exports(engine).any(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
        }
        _ => true,
    }
}
