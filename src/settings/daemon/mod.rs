//! The settings of the daemon itself, in layers: defaults, a file, `conf.d/*.toml` beside it, environment, flags.
//!
//! A later layer wins key by key (`control.peers` as a whole). Every layer is checked in full, also where a later one wins.
//! Reads the files that it is told to and nothing else: no clock, no user database, no secret. What a key means is in `keys`.
//!
//! | layer | where | how |
//! | --- | --- | --- |
//! | 1 | built in | [`KEYS`] |
//! | 2 | `$CREDENTIALS_DIRECTORY`: paths of secrets that systemd hands over | files `smtp-password`, `link-secret`, `sms-secret`, `wechat-secret`, `wechat-mini-program-secret`, `wechat-push-token`, `calls-token`, `calls-push-token` |
//! | 3 | `--config FILE`, else `/etc/workorderd/workorderd.toml` if it is there | TOML |
//! | 4 | `conf.d/*.toml` beside that file, in order of names | TOML |
//! | 5 | `WORKORDERD_SECTION__KEY`, for example `WORKORDERD_MAIL__HOST` | text, without quotes |
//! | 6 | flags, as (key, value) | text, without quotes |

mod build;
mod changes;
mod effective;
mod files;
mod gateways;
mod keys;
mod layer;
mod load;
mod model;
mod peer;

pub use changes::Difference;
pub use gateways::{Calls, Gateways, Receipts, Sms, SmsProvider, WeChat};
pub use keys::{Change, KEYS, Key, Shape};
pub use layer::{CREDENTIALS, SettingProblem};
pub use load::{DEFAULT_FILE, FOREIGN_VARIABLES, Loaded, Sources, load};
pub use model::{Control, Data, Links, Log, LogLevel, LookUpRules, Mail, Mailbox, PortalRules, Runtime, Security, Settings, Staff, Time};
pub use peer::{Peer, PeerMatch};
