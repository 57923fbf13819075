//! Definition files: record types, processes, evaluation templates and rules, messages and roles, as TOML for people.
//!
//! [`parse`] takes all files together and gives either one good set or every problem there is. It opens no file itself;
//! versions and what changes are the catalogue's business.
//!
//! Keys without a default must be written. Durations are `30d`, `4h`, `15m`, `90s`, from `1s` to `3650d`. Names are up to 60
//! letters (any script), digits and `- _ . @`; titles are one line of up to 120 characters as a person counts them.
//!
//! | table | key | what it says | default |
//! | --- | --- | --- | --- |
//! | `[[record_type]]` | `name` | a kind of Work Order | |
//! | | `title` | its name for people | the name |
//! | | `description` | up to 140 characters | empty |
//! | | `number` | pattern such as `WO-{date}-{counter}`; no two types may give the same numbers | |
//! | | `process` | which process it runs | |
//! | `[[process]]` | `name`, `title` | | title: the name |
//! | | `[[process.node]]` | 1 to 100 nodes, in order | |
//! | `[[process.node]]` | `name` | unique within the process | |
//! | | `title` | | the name |
//! | | `kind` | `assign`, `accept`, `task`, `confirm`, `evaluate` | |
//! | | `handlers` | list of `role:R`, `user:U`, `group:G` (any member), `leader`, `engineer`, `owner`, `submitter`, or `superior-of:` or `department-head-of:` one of these | assign: `role:dispatcher`; confirm: `submitter`; else `engineer` |
//! | | `when` | entry condition, see below; else the node is passed over | always |
//! | | `remind_after`, `overdue_after` | time limits from the entry on | none |
//! | | `escalate_to` | one handler; needs `overdue_after` | nobody |
//! | | `auto_complete_after` | accept, confirm and evaluate only | never |
//! | | `stand_still_on_hold` | whether the limits wait while the Work Order is on hold | `false` |
//! | | `limit_message` | message sent with reminder and escalation | none |
//! | assign | `to_group` | a service group can be chosen, whose leader chooses the engineer | `true` |
//! | | `straight` | an engineer can be chosen straight away | `true` |
//! | accept, task | `transfer` | may be passed to another engineer | `true` |
//! | | `beyond_group` | also out of the service group | `false` |
//! | accept | `decline` | may be declined, with a reason | `true` |
//! | confirm | `message` | mail that asks the submitter; needs `#URL#` | nobody is mailed |
//! | | `returned_message` | mail to the one who worked on it when it was not solved | none |
//! | confirm, evaluate | `link_ends_after` | how long a link stays open | `30d` |
//! | evaluate | `method` | `rules` or `qr-code` | `rules` |
//! | | `template` | with `qr-code`: what is asked | |
//! | | `mandatory` | with `qr-code`: not to be left without an evaluation | `false` |
//! | | `skip` | handlers may skip what is not mandatory | `true` |
//! | `[[evaluation_template]]` | `name`, `title` | | title: the name |
//! | | `[[evaluation_template.field]]` | 1 to 100 questions | |
//! | field | `name`, `title` | unique within the template | title: the name |
//! | | `kind` | `stars-5`, `stars-10`, `text`, `choice` | |
//! | | `options` | with `choice`: the answers to choose from | |
//! | | `required` | must be answered | `false` |
//! | `[[evaluation_rule]]` | `name` | | |
//! | | `precedence` | whole number from 1; the smallest that matches wins; no two alike | |
//! | | `when` | which Work Orders | all |
//! | | `template` | what is asked | |
//! | | `mandatory` | | `false` |
//! | | `recipients` | list of `contact`, `submitter` or an e-mail address, at most 20 | nobody |
//! | | `message` | the mail to the recipients; needs `#URL#` | |
//! | | `qr` | whether the engineer can show a QR code | `false` |
//! | `[[message]]` | `name` | | |
//! | | `[[message.wording]]` | one per language; the first is used where the recipient's language has none | |
//! | wording | `language` | tag such as `en` or `zh` | |
//! | | `subject` | one line of up to 200 characters | |
//! | | `text` | up to 4,000 characters | |
//! | | `html` | up to 20,000 characters | none |
//! | `[[role]]` | `name` | the name of a built-in role replaces that one | |
//! | | `rights` | list of rights | none |
//! | | `includes` | roles whose rights it has too | none |
//!
//! A condition is a list of tests that must all hold: `when = [{ field = "priority", in = ["high", "urgent"] },
//! { field = "channel", not_in = ["portal"] }]`. Fields: `record_type`, `priority`, `channel`, `account`, `service_group`.

mod book;
mod condition;
mod evaluation;
mod handler;
mod limits;
mod message;
mod node;
mod parse;
mod process;
mod record_type;
mod role;

pub use parse::{FILE_BYTES_MAX, FILES_MAX, PER_KIND_MAX, parse};
