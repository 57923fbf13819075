//! The arguments of `workorder-portal`; each may be given by a variable of the environment as well.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::Parser;

/// The page behind the links that customers get: shows what a link asks, and hands in what they answer
#[derive(Debug, Clone, Parser)]
#[command(name = "workorder-portal", version, about, max_term_width = 100)]
pub struct Arguments {
    /// Address and port to serve HTTP on; TLS is the business of a web server in front of it
    #[arg(long, env = "WORKORDER_PORTAL_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// The daemon's guest socket
    #[arg(long, env = "WORKORDER_PORTAL_SOCKET", default_value = "/run/workorderd/guest.sock", value_name = "FILE")]
    pub socket: PathBuf,
    /// Path that links begin with, as in `base_url` of the daemon's settings
    #[arg(long, env = "WORKORDER_PORTAL_PATH", default_value = "/e/", value_parser = path)]
    pub path: String,
    /// Path that receipts of messages come to, as in `receipt_url` of the daemon's settings
    #[arg(long, env = "WORKORDER_PORTAL_RECEIPTS", default_value = "/receipts/", value_parser = path)]
    pub receipts: String,
    /// Name of the company, above each page
    #[arg(long, env = "WORKORDER_PORTAL_COMPANY", default_value = "", value_name = "NAME")]
    pub company: String,
    /// The web server in front of it: of requests from this address the last one of X-Forwarded-For is the customer's
    #[arg(long, env = "WORKORDER_PORTAL_TRUSTED_PROXY", value_name = "ADDRESS")]
    pub trusted_proxy: Option<IpAddr>,
    /// Requests that one address may make in a minute
    #[arg(long, env = "WORKORDER_PORTAL_PER_MINUTE", default_value_t = 120, value_name = "N")]
    pub per_minute: u32,
    /// Connections at the same time
    #[arg(long, env = "WORKORDER_PORTAL_CONNECTIONS", default_value_t = 512, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub connections: u32,
}

fn path(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "/-_.~".contains(c);
    match text.starts_with('/') && text.ends_with('/') && text.chars().all(good) {
        true => Ok(text.to_owned()),
        false => Err("begins and ends with a /, and has letters, digits, - _ . ~ in between, such as /e/".to_owned()),
    }
}
