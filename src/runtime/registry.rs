//! Which actor stands for which aggregate. Loads one when it is asked for and is not there.

use super::actor::{CellActor, Leave};
use super::shared::Shared;
use super::step::decode_row;
use crate::codec::{self, CodecError};
use crate::domain::aggregate::Key;
use crate::engine::cell::Cell;
use crate::engine::entity::Entity;
use crate::store::StoreError;
use actix::{Actor, Addr};
use actix_rt::ArbiterHandle;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Why an aggregate could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("the store cannot be read: {0}")]
    Store(#[from] StoreError),
    #[error("the stored state cannot be read: {0}")]
    Codec(#[from] CodecError),
}

impl LoadError {
    /// Whether reading failed, rather than what was read: sled does not recover from that within a process.
    pub fn is_the_disks(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_the_disks())
    }
}

/// One map per arbiter; an aggregate lives on the arbiter its key falls on.
pub struct Registry {
    hasher: RandomState,
    shards: Vec<Shard>,
    /// How many actors that need not stay are kept.
    keep_idle: usize,
}

struct Shard {
    arbiter: ArbiterHandle,
    actors: Mutex<HashMap<Key, Addr<CellActor>>>,
}

impl Registry {
    /// A registry over these arbiters.
    pub fn new(arbiters: Vec<ArbiterHandle>, keep_idle: usize) -> Self {
        let shards = arbiters.into_iter().map(|arbiter| Shard { arbiter, actors: Mutex::default() }).collect();
        // The one that was just loaded must hear what it was loaded for before it is told to leave.
        Self { hasher: RandomState::new(), shards, keep_idle: keep_idle.max(1) }
    }

    /// The threads that actors live on.
    pub fn arbiters(&self) -> impl Iterator<Item = &ArbiterHandle> {
        self.shards.iter().map(|shard| &shard.arbiter)
    }

    /// The actor of a key; started over what the store has, if it is not there.
    pub fn actor(&self, key: &Key, shared: &Arc<Shared>) -> Result<Addr<CellActor>, LoadError> {
        let shard = self.shard(key);
        let mut actors = shard.lock();
        if let Some(addr) = actors.get(key)
            && addr.connected()
        {
            return Ok(addr.clone());
        }
        let entity = load(key, shared)?;
        let resident = entity.state.as_ref().is_some_and(|s| s.is_resident());
        let addr = shard.start(key.clone(), entity, shared);
        actors.insert(key.clone(), addr.clone());
        drop(actors);
        self.used(key, resident, shared);
        Ok(addr)
    }

    /// Starts actors over states that are at hand (at start), each shard's on its own thread; returns when all are there.
    pub async fn start_residents(&self, entities: Vec<(Key, Entity)>, shared: &Arc<Shared>) {
        let mut shares: Vec<Vec<(Key, Entity)>> = self.shards.iter().map(|_| Vec::new()).collect();
        match shares.as_mut_slice() {
            [all] => *all = entities,
            shares => entities.into_iter().for_each(|(key, entity)| shares[self.index(&key)].push((key, entity))),
        }
        let mut under_way = Vec::new();
        for (index, share) in shares.into_iter().enumerate() {
            let (started, done) = oneshot::channel();
            let shared = Arc::clone(shared);
            self.shards[index].arbiter.spawn_fn(move || {
                shared.registry.shards[index].start_here(share, &shared);
                let _ = started.send(());
            });
            under_way.push(done);
        }
        for done in under_way {
            let _ = done.await;
        }
    }

    /// An actor was used; those that need not stay make room, the longest idle first.
    pub fn used(&self, key: &Key, resident: bool, shared: &Shared) {
        let surplus = {
            let mut residency = shared.residency.lock().unwrap_or_else(PoisonError::into_inner);
            if resident {
                residency.forget(key);
                return;
            }
            residency.touch(key);
            residency.surplus(self.keep_idle)
        };
        for key in surplus {
            if let Some(addr) = self.shard(&key).lock().get(&key) {
                addr.do_send(Leave);
            }
        }
    }

    /// The actor is going.
    pub fn forget(&self, key: &Key) {
        self.shard(key).lock().remove(key);
    }

    fn index(&self, key: &Key) -> usize {
        if self.shards.len() == 1 { 0 } else { self.hasher.hash_one(key) as usize % self.shards.len() }
    }

    fn shard(&self, key: &Key) -> &Shard {
        &self.shards[self.index(key)]
    }
}

impl Shard {
    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Addr<CellActor>>> {
        self.actors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// On the arbiter's own thread.
    fn start_here(&self, share: Vec<(Key, Entity)>, shared: &Arc<Shared>) {
        let mut actors = self.lock();
        actors.reserve(share.len());
        for (key, entity) in share {
            let actor = CellActor::new(Cell::new(key.clone(), entity), Arc::clone(shared));
            actors.insert(key, actor.start());
        }
    }

    fn start(&self, key: Key, entity: Entity, shared: &Arc<Shared>) -> Addr<CellActor> {
        let shared = Arc::clone(shared);
        CellActor::start_in_arbiter(&self.arbiter, move |_| CellActor::new(Cell::new(key, entity), shared))
    }
}

fn load(key: &Key, shared: &Shared) -> Result<Entity, LoadError> {
    // The board is fed before a row gets to the store: what it does not have is new, and sled need not be asked (it is slow in
    // saying no, and a reader waits for the batch that is being applied).
    if let Key::WorkOrder(id) = key
        && !shared.views.board().has(*id)
    {
        return Ok(Entity::default());
    }
    let bytes = codec::key::encode(key);
    let waiting = shared.pending().get(&bytes);
    let row = match waiting {
        Some(row) => Some(row.to_vec()),
        None => shared.store.get(&bytes)?,
    };
    Ok(row.map(|row| decode_row(&row)).transpose()?.unwrap_or_default())
}
