//! What a decision may look at beside the state and the command: all of it is given, nothing is fetched.

use super::definition::Catalogue;
use super::directory::Directory;
use super::principal::Principal;
use super::time::Timestamp;

/// The surroundings of one decision. Catalogue and directory hold what is durable.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub now: Timestamp,
    pub principal: &'a Principal,
    pub catalogue: &'a Catalogue,
    pub directory: &'a Directory,
}
