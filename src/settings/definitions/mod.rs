//! Definition files: record types, processes, evaluation templates and rules, messages, forms and roles, as TOML.
//!
//! [`parse`] takes all files together and gives either one good set or every problem there is; [`parse_into`] judges them together
//! with what is defined already. Neither opens a file; versions and what changes are the catalogue's business. [`write`] is the way
//! back: files that say what is defined.
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
//! | | `form` | what is asked at intake | nothing |
//! | | `skills` | what its engineers must be able to do | none |
//! | | `state` | `draft`, `published` or `retired`; Work Orders are created under published types only | new: `published`; else as it is |
//! | | `service_ticket` | of these there are at most 15 (a setting), with titles of up to 12 characters, no two alike | `false` |
//! | `[[process]]` | `name`, `title` | | title: the name |
//! | | `[[process.node]]` | 1 to 100 nodes, in order | |
//! | `[[process.node]]` | `name` | unique within the process | |
//! | | `title` | | the name |
//! | | `kind` | `assign`, `accept`, `task`, `on-site`, `confirm`, `evaluate`, `follow-up` | |
//! | | `handlers` | list of `role:R`, `user:U`, `group:G` (any member), `leader`, `engineer`, `owner`, `submitter`, `field:F`, or `superior-of:` or `department-head-of:` one of these | assign: `role:dispatcher`; confirm: `submitter`; follow-up, where nobody is chosen: `role:follow-up-staff`; else `engineer` |
//! | | `when` | entry condition, see below; else the node is passed over | always |
//! | | `remind_after` | one time from the entry on, or a list of up to 10, ascending | none |
//! | | `remind` | list of handlers who are reminded | the node's handlers |
//! | | `overdue_after` | time from the entry on | none |
//! | | `escalate_to` | one handler; needs `overdue_after` | nobody |
//! | | `auto_complete_after` | accept, confirm, evaluate and follow-up only | never |
//! | | `stand_still_on_hold` | whether the limits wait while the Work Order is on hold | `false` |
//! | | `limit_message` | message sent with reminder and escalation, to everyone of a role or group who has an address | none |
//! | assign, accept, task | `form` | what its handlers fill in before they pass it on | nothing |
//! | assign | `to_group` | a service group can be chosen, whose leader chooses the engineer | `true` |
//! | | `straight` | an engineer can be chosen straight away | `true` |
//! | assign, task, on-site | `taken_message` | mail to the others when one has claimed or taken it; `#Reason#` is who | nobody is mailed |
//! | accept, task, on-site | `transfer` | may be passed to another engineer | `true` |
//! | | `beyond_group` | also out of the service group | `false` |
//! | on-site | `sop` | which `[[sop]]` is worked by | none |
//! | | `overlapping_labor` | labor time may overlap other labor of the same engineer | `false` |
//! | accept | `decline` | may be declined, with a reason | `true` |
//! | confirm | `message` | mail that asks the submitter; needs `#URL#` | nobody is mailed |
//! | | `returned_message` | mail to the one who worked on it when it was not solved | none |
//! | confirm, evaluate | `remind_customer` | message with each reminder to those who were asked by mail and have not answered; needs `#URL#` | none |
//! | | `link_ends_after` | how long a link stays open | `30d` |
//! | evaluate | `method` | `rules` or `qr-code` | `rules` |
//! | | `template` | with `qr-code`: what is asked | |
//! | | `mandatory` | with `qr-code`: not to be left without an evaluation | `false` |
//! | | `skip` | handlers may skip what is not mandatory | `true` |
//! | follow-up | `method` | `rules` or `standard` | `rules` |
//! | | `template` | with `standard`: the evaluation template that is asked | |
//! | | `person` | with `standard`: the staff user who asks; who is away or gone is not chosen | |
//! | evaluate, follow-up | `labels` | words of its own for commands, `{ skip = { en = "Not now", zh = "暂不评价" } }`; evaluate: `skip`; follow-up: `attempt`, `submit`, `not_reached`, `pass_on` | none |
//! | `[[sop]]` | `name`, `title` | | title: the name |
//! | | `[[sop.step]]` | 1 to 50 steps | |
//! | step | `name`, `title` | unique within the SOP | title: the name |
//! | | `required` | the visit cannot be completed without it | `false` |
//! | | `ordered` | waits for the required and the ordered steps above it | `false` |
//! | | `location` | where it was done must be given | `false` |
//! | | `labor` | labor time may be booked on it | `false` |
//! | | `form` | what is filled in when it is completed; steps that are skipped need none | nothing |
//! | `[[evaluation_template]]` | `name`, `title` | | title: the name |
//! | | `[[evaluation_template.field]]` | 1 to 100 questions | |
//! | field | `name`, `title` | unique within the template | title: the name |
//! | | `kind` | `stars-5`, `stars-10`, `text`, `choice`, `yes-no`, `photos` | |
//! | | `options` | with `choice`: the answers to choose from | |
//! | | `max` | with `photos`: how many, 1 to 10 | 3 |
//! | | `required` | must be answered | `false` |
//! | `[[evaluation_rule]]` | `name` | | |
//! | | `precedence` | whole number from 1; the smallest that matches wins; no two alike | |
//! | | `when` | which Work Orders | all |
//! | | `template` | what is asked | |
//! | | `mandatory` | | `false` |
//! | | `recipients` | list of `contact`, `submitter`, `field:F` (of the kind e-mail, phone, or reference to a contact or staff-user), an e-mail address, or a phone number such as `+86 138 0013 8000`; at most 20 | nobody |
//! | | `channels` | list of `wechat`, `sms`, `e-mail`, the highest first | `["e-mail"]` |
//! | | `message_priority` | one channel after the other, by outcome; else all at once | `false` |
//! | | `fall_back_after` | with `message_priority`: for how long one is tried, and its receipt waited for, from `1m` to `72h` | `30m` |
//! | | `message` | the message to the recipients; needs `#URL#` | |
//! | | `qr` | whether the engineer can show a QR code | `false` |
//! | `[[assignment_rule]]` | `name` | tried when an assign node is entered | |
//! | | `precedence` | as with evaluation rules; where none matches, people decide | |
//! | | `when` | which Work Orders | all |
//! | | `to` | `group:G` or `user:U` | |
//! | | `skills` | what the group's rule looks for, beside those of the record type | none |
//! | `[[follow_up_rule]]` | `name` | looked at when a follow-up node with `rules` is entered | |
//! | | `precedence` | as with evaluation rules; where none matches, the node is passed over | |
//! | | `when` | which Work Orders | all |
//! | | `template` | the evaluation template that is asked | |
//! | | `person` | the staff user who asks | |
//! | | `rotation` | instead of `person`: the service group whose members take turns, but for those who are absent or gone | |
//! | `[plug_ins]` | `follow_up` | whether there are follow-ups; while it is off, follow-up nodes are passed over | as it is; at first `false` |
//! | `[[message]]` | `name` | | |
//! | | `[[message.wording]]` | one per language; the first is used where the recipient's language has none | |
//! | wording | `language` | tag such as `en` or `zh` | |
//! | | `subject` | one line of up to 200 characters | |
//! | | `text` | up to 4,000 characters | |
//! | | `html` | up to 20,000 characters | none |
//! | | `[message.wording.sms]` | of a short message | the text |
//! | sms | `text` | up to 1,000 characters; what the gateway's template comes to, where it has one | the text of the wording |
//! | | `template`, `parameters` | the code of a template that the gateway has approved, and a table of what is put into it | none |
//! | | `[message.wording.wechat]` | of a WeChat message; a rule with the channel `wechat` needs it | none |
//! | wechat | `template`, `data` | id of the template of the public account, and a table of what is put into it; the link is behind the message | |
//! | | `mini_program` | a table of `template` and `page`, for those who came in through the mini program | none |
//! | | `page` | the page that opens; needs `#URL#` | |
//! | `[[role]]` | `name` | the name of a built-in role replaces that one | |
//! | | `rights` | list of rights | none |
//! | | `includes` | roles whose rights it has too | none |
//! | | `record_types` | the record types whose Work Orders its rights are about | all |
//! | | `hidden_fields` | fields of forms that it does not show; hidden from whom each of their roles hides it | none |
//! | | `read_only_fields` | fields of forms that it shows, but does not let change | none |
//! | `[[sharing_rule]]` | `name` | whose Work Orders others may see | |
//! | | `from` | `user:U`, the owner, or `department:D`, the owner's main department | |
//! | | `to` | `user:U`, `department:D` or `user-group:G` | |
//! | | `access` | `read` or `read-write` | |
//!
//! A condition is a list of tests that must all hold: `when = [{ field = "priority", in = ["high", "urgent"] },
//! { field = "channel", not_in = ["portal"] }]`, or a table `{ all = [...] }`, `{ any = [...] }`, `{ not = {...} }` of tests and such
//! tables, up to 16 deep and 200 parts. Fields: `record_type`, `priority`, `channel`, `account`, `contact`, `service_group`, and every
//! field of a form by its name. A test asks one of these:
//!
//! | key | holds if | for |
//! | --- | --- | --- |
//! | `in`, `not_in`, `equals` | the value is (none) of the list; `not_in` also where there is none | all but lists of choices, tables, locations, attachments |
//! | `contains` | the text holds this text, whatever its case; the list of choices holds this choice | texts, `choices` |
//! | `less`, `at_most`, `more`, `at_least`, `between` | the value is there and compares so; both ends of `between = [1, 10]` belong to it | numbers, money, dates, times, stars, `priority` |
//! | `empty` | there is no value (`false`: there is one) | all that may be empty |
//!
//! A form has `name`, `title` and 1 to 1,000 tables `[[form.field]]`, in order. A field of the same name in another form is the same
//! field, and must be of the same kind. Titles and helps are a text, or a table of languages: `{ en = "Repair", zh = "..." }`.
//!
//! | key of a field | what it says | default |
//! | --- | --- | --- |
//! | `name`, `title`, `help` | help of up to 400 characters | title: the name |
//! | `kind` | `text`, `long-text`, `number`, `money`, `date`, `date-time`, `choice`, `choices`, `yes-no`, `phone`, `e-mail`, `address`, `location`, `reference`, `attachment`, `signature`, `stars-5`, `stars-10`, `table` | |
//! | `required` | it must be filled in before the order is created, or the node passed on | `false` |
//! | `default` | put in where nothing is given | none |
//! | `min`, `max` | characters of a text or address; the least and the largest number, amount, date, time; how many choices, attachments, rows | text 200, long-text 4,000, address 400, attachments 10, rows 100 |
//! | `pattern` | text, long-text, phone, e-mail: a regular expression that the whole text matches; it runs in linear time | none |
//! | `decimals` | number: most digits behind the point | 9 |
//! | `currency` | money: an ISO 4217 code | |
//! | `choices` | choice, choices: names, or tables of `name` and `title`; up to 200 | |
//! | `to` | reference: `account`, `contact`, `terminal`, `product`, `staff-user` | |
//! | `media_types` | attachment: such as `image/*` | all |
//! | `[[form.field.column]]` | table: its columns, fields of any other kind | |
//!
//! A signature is an attachment of one image.

mod asked;
mod assignment;
mod book;
mod condition;
mod evaluation;
mod field_kind;
mod fields;
mod follow_up;
mod form;
mod handler;
mod limits;
mod message;
mod node;
mod operand;
mod parse;
mod process;
mod record_type;
mod role;
mod service_ticket;
mod sharing;
mod sop;
pub mod write;

pub use node::KINDS as NODE_KINDS;
pub use parse::{FILE_BYTES_MAX, FILES_MAX, IN_CATALOGUE, PER_KIND_MAX, Surroundings, keys, parse, parse_into};
pub use service_ticket::DEFAULT_MAX as SERVICE_TICKET_TYPES;
