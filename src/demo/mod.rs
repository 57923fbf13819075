//! What the demo brings along so that it runs on one machine without anybody else's servers.

pub mod mail_catcher;
mod mail_dialogue;
mod mail_parts;
