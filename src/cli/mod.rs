//! `workorderctl`, the command line: every operation of the control socket, tables for people and JSON for programs.
//! Keeps: what is drawn is a function of the shapes (`view`), and nothing here knows a rule of the domain.
//! Leaves to others: the meaning of every refusal, which comes from the daemon in words.

pub mod act;
pub mod args;
pub mod args_act;
pub mod args_calendar;
pub mod args_call;
pub mod args_definitions;
pub mod args_equipment;
pub mod args_follow_up;
pub mod args_guest;
pub mod args_import;
pub mod args_keep;
pub mod args_more;
pub mod args_people;
pub mod args_print;
pub mod args_to_do;
pub mod attachments;
pub mod back_up;
mod back_up_folder;
pub mod batch;
pub mod bench_args;
pub mod calendar;
pub mod definitions;
pub mod directory;
pub mod equipment;
pub mod erase;
pub mod failure;
mod fields;
pub mod follow_ups;
pub mod guest;
pub mod ics;
pub mod import;
mod move_all;
pub mod on_site;
pub mod orders;
mod out_file;
pub mod people;
pub mod print;
pub mod queues;
pub mod replay;
pub mod rules;
pub mod run;
pub mod session;
pub mod system;
pub mod to_dos;
pub mod top;
pub mod view;
pub mod watch;

pub use run::main;
