//! All integration tests in one binary: linking is the slow part on two cores.
//! Names of modules begin with what they test; stages that several share are `world`, `varlink_stage`, `mail_stage`, `real_stage`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod cli_commands;
mod cli_failures;
mod cli_stage;
mod cli_times;
mod cli_views;
mod codec_bytes;
mod demo;
mod handlers;
mod journal_crash;
mod journal_damage;
mod journal_format;
mod journal_use;
mod mail_addresses;
mod mail_catcher;
mod mail_connections;
mod mail_encryption;
mod mail_messages;
mod mail_outcomes;
mod mail_stage;
mod real_bad_input;
mod real_clock;
mod real_kill;
mod real_ledger;
mod real_mail;
mod real_python;
mod real_refusals;
mod real_reload;
mod real_stage;
mod real_start;
mod real_strace;
mod real_systemd;
mod real_systemd_units;
mod real_tables;
mod real_watch;
mod replay;
mod scenarios;
mod settings_daemon;
mod settings_definitions;
mod settings_mutation;
mod settings_sample;
mod simulation;
mod simulation_cases;
mod tidy;
mod tls;
mod varlink_client;
mod varlink_connection;
mod varlink_descriptions;
mod varlink_hostile;
mod varlink_listener;
mod varlink_service;
mod varlink_stage;
mod watchdog;
mod world;
