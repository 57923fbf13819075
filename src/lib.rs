//! workorderd: field-service Work Orders on your own machine. This page is the newcomer's map.
//!
//! # Bird's-eye view
//!
//! ```text
//! client ──varlink──▶ control ──▶ registry ──▶ one actor per aggregate (Work Order, service group ...)
//!                                                │  domain::transition: pure, no clock, no I/O
//!                                                ▼
//!                         writer thread: claims, then journal: append, one fdatasync for all that wait = the truth
//!                                                │
//!                         ├─▶ views: board (lists), schedule (timers), delivery (messages), reference (directory, definitions)
//!                         ├─▶ reply · watchers · mailer · dialer
//!                         └─▶ applier thread: sled, behind = the latest state of each, can be rebuilt
//! ```
//!
//! A call is checked against its description ([`control::desk`]), becomes a [`domain::aggregate::Command`], is judged in the
//! [`engine::cell`] of its aggregate by [`domain::transition::transition`], and what that gives is one journal record.
//!
//! # Floors: who may import whom (held by `tests/it/tidy.rs`)
//!
//! | floor | module | what it is for |
//! | --- | --- | --- |
//! | 0 | [`domain`] | the rules: Work Orders, nodes, definitions, directory, service groups; fails only by `Rejection` |
//! | 1 | [`engine`] | what happens when, as plain state machines: cell, commit, views, schedule, delivery, pending, back-off |
//! | 1 | [`journal`] | files, fdatasync, hash chain; carries bytes |
//! | 1 | [`codec`] | bincode in versioned envelopes |
//! | 1 | [`protocol`] | the Varlink shapes and the `.varlink` files |
//! | 1 | [`settings`] | definitions and settings from TOML, every problem with its place |
//! | 2 | [`store`] | sled |
//! | 2 | [`mail`] | lettre |
//! | 2 | [`gateway`] | providers of short messages, WeChat messages and calls, over HTTP; one file each |
//! | 3 | [`runtime`] | actix actors, threads, timers, mailer, dialer; `runtime/clock.rs` is the only reader of time |
//! | 3 | [`client`] | a blocking client |
//! | 4 | [`control`] | the socket loop, and one room per interface |
//! | 4 | [`cli`] | `workorderctl` |
//! | 4 | [`portal`] | `workorder-portal`: the pages behind customers' links, over the guest socket |
//! | 5 | [`daemon`], [`verify`], [`archive`], [`salvage`], [`demo`], [`torture`], [`bench`] | programs |
//!
//! # Invariants, told as what is absent
//!
//! - No reply, read, mail, event or list shows what is not on disk: cells answer when the writer says so, views are fed by it alone.
//! - Nothing makes `NodeLeft` or `NodeEntered` but `domain/process/door.rs`; so there is one place where the mandatory gate is kept.
//! - Nothing changes a state but `evolve`; it has no rules, and `decide` has no other effect than events.
//! - No rule reads a clock, makes an id or rolls a die: these come in as arguments.
//! - No actor awaits another. What one tells another is part of its record and delivered after it, at least once, in order.
//! - After a failed write or fsync there is no second try: the process ends with exit code 74.
//! - No personal value stands in the body of a record: `PersonalText` puts itself into a part of its own that can be erased.
//! - Nothing remembers what is still to be erased but the history: `runtime/eraser.rs` reads it again each time.
//!
//! # How to add
//!
//! | what | where |
//! | --- | --- |
//! | a node kind | one new file in `domain/process/` and its line in `mod.rs`; then the compiler asks: `process/node.rs`, `process/door.rs`, `definition/process.rs`, `work_order/state.rs` (status), `work_order/decide.rs` (transfer, reject), `settings/definitions/node.rs` and `write/process.rs`; for events of its own `work_order/evolve.rs` and `control/tell.rs`. What the compiler does not ask for: `settings/definitions/mod.rs` (its keys, told), `process/confirm.rs` (whether "not solved" goes back to it), `work_order/explain.rs` and `cli/act.rs` (its commands, told and typed), `cli/replay/ours.rs`; in the tests `definitions_everything.toml` (it asks for it by itself), `world/company.rs`, `people.rs`, `gate.rs` |
//! | a plug-in | `domain/definition/plug_in.rs` (its key and name); then whoever asks `Catalogue::is_on`, and the table in `settings/definitions/mod.rs` |
//! | a button of a node that may have words of its own | `domain/definition/button.rs` |
//! | a claim across aggregates | `domain/aggregate.rs` (`Claim`, `State::claims`), who makes it in `domain/transition.rs`, its check in `engine/commit.rs` |
//! | a command | `domain/work_order/command.rs`, its rule in `decide.rs` or a node kind, `domain/transition.rs` (whether it gives somebody more work), the method in `protocol/org.workorderd.WorkOrders1.varlink`, its line in `control/work_orders.rs`, the subcommand in `cli/` |
//! | an event | `domain/work_order/event.rs` (at the end: bytes are frozen), `evolve.rs`, `personal.rs` (whose its texts are), `control/tell.rs`, `verify/gate.rs` |
//! | a personal value | a `PersonalText`, shown by `personal` of its event and its state (`domain/work_order/personal.rs`, `domain/directory/erase.rs`) with whose it is: erasing a person takes it, and `tests/it/world/erasing.rs` finds it if not |
//! | a deadline | `domain/work_order/deadline.rs` (when), `decide.rs` (`fire`: what then), `control/present.rs` (its words), `engine/schedule.rs` and `suspects.rs` (its kind) |
//! | a message to a service group | `domain/work_order/reaction.rs`, `domain/service_group/group.rs` |
//! | a kind of entry of the directory | `domain/ids.rs`, `domain/directory/` (entry, rule, read model); then the compiler asks: `domain/aggregate.rs`, `domain/transition.rs`, `codec/key.rs` (writing; reading it does not ask for), `engine/reference.rs`, `control/tell.rs`; its methods as for a command, in `control/entries.rs` (what comes) and `directory.rs`, `people.rs` or `equipment.rs`; `tests/it/codec_bytes.rs`, `world/equipment.rs` or `companies.rs`; where fields may lead to it `domain/form/kind.rs` (`Target`), `value.rs`; for imports `cli/import/kinds.rs`, and `control/judge.rs` |
//! | a kind of field | `domain/form/kind.rs`, its check in `cell.rs`, its words in `shown.rs`; `settings/definitions/field_kind.rs` and `operand.rs` |
//! | what people outside may do | its rule in `domain/may/portal.rs`, the method in `protocol/org.workorderd.Guest1.varlink` and `guest.rs`, its room in `control/guest.rs`, `photos.rs` and `portal*.rs`, `cli/guest.rs`; in the tests `real_tables_portal.rs`, `cli_guest.rs` |
//! | a mail | `domain/work_order/draft.rs` queues it (to a contact who signs in: `domain/directory/sign_in.rs`); its words are a message template in the definitions |
//! | what a call center can do | `gateway/call.rs` (how it is asked), `domain/work_order/call.rs` (when, and what becomes of it), `runtime/dialer.rs`; in the tests `world/dialer.rs`, `real_calls.rs` |
//! | a stored field | a new schema version in `codec` (a frozen struct of the old one, a `From`), and a golden file; if it changes what is on disk, another kept folder for `tests/it/upgrade.rs` |
//! | what a data folder must have to go on | `runtime/back_up.rs` (it goes into back-ups), `protocol/back_up.rs` (its name), `archive/export.rs`, `import.rs` and `line.rs` |
//! | a setting | `settings/daemon/keys.rs` and `model.rs`, `config/workorderd.toml` |
//! | something on the printed page | `cli/print/compose.rs` (what of it, and where), `words.rs` (in both languages); how it looks, twice: `html.rs` with `page.css`, `layout.rs` |
//! | a column of lists | `engine/row.rs` (what is kept of it when it has ended), `columns.rs` (found by it), `control/present.rs` |
//! | a query | `engine/board.rs`, its room in `control/`, the `.varlink` file, `cli/` |
//! | something on the page for an auditor | `verify/gate.rs` (what the history says), `page.rs`, `page_words.rs` (in both languages) |

/// Whether the one-line defect of that name is switched on: never, but in builds with the feature `mutants`.
#[cfg(feature = "mutants")]
macro_rules! mutant {
    ($name:literal) => {
        crate::mutants::on($name)
    };
}
#[cfg(not(feature = "mutants"))]
macro_rules! mutant {
    ($name:literal) => {
        false
    };
}

pub mod archive;
pub mod bench;
pub mod cli;
pub mod client;
pub mod codec;
pub mod control;
pub mod daemon;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod gateway;
pub mod journal;
pub mod mail;
#[cfg(feature = "mutants")]
mod mutants;
pub mod portal;
pub mod protocol;
pub mod runtime;
pub mod salvage;
pub mod settings;
pub mod store;
pub mod torture;
pub mod verify;
