//! The interfaces that a service has: its door. It answers `org.varlink.service` itself and holds every call against its description.
//! Keeps: a call that passes names a described method and has parameters of the described shape; `GetInfo` and
//! `GetInterfaceDescription` tell exactly what is checked, byte for byte the text that was given.
//! Leaves to others: who may call what, and the answers.

use std::collections::HashMap;

use serde::Serialize;

use super::check::check_fields;
use super::idl::{IdlError, Interface, Method};
use super::varlink::{Call, ErrorReply, InterfaceDescription, SERVICE_INTERFACE, ServiceInfo, shorten};

/// The description of `org.varlink.service`, with `reason` added to `InvalidParameter` and the two errors that systemd added.
pub const SERVICE_DESCRIPTION: &str = include_str!("org.varlink.service.varlink");

/// The interfaces of one service.
#[derive(Debug)]
pub struct Catalogue {
    info: ServiceInfo,
    described: Vec<Described>,
    /// Full method name to positions in `described` and in its methods.
    methods: HashMap<String, (usize, usize)>,
}

#[derive(Debug)]
struct Described {
    text: String,
    interface: Interface,
}

/// A description that cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A description is broken.
    #[error("description {position}: {source}")]
    Broken {
        /// Which of the given texts, counted from 1.
        position: usize,
        /// Line and reason.
        source: IdlError,
    },
    /// Two descriptions have the same name.
    #[error("interface `{0}` is described twice")]
    Twice(String),
}

impl Catalogue {
    /// A catalogue of `org.varlink.service` and the described interfaces; `info.interfaces` is filled in here.
    ///
    /// # Errors
    /// A broken description, or two of the same name.
    pub fn new(mut info: ServiceInfo, descriptions: &[&str]) -> Result<Catalogue, CatalogueError> {
        let (mut described, mut methods) = (Vec::new(), HashMap::new());
        info.interfaces.clear();
        for (position, text) in std::iter::once(&SERVICE_DESCRIPTION).chain(descriptions).enumerate() {
            let interface = Interface::parse(text).map_err(|source| CatalogueError::Broken { position, source })?;
            if info.interfaces.contains(&interface.name) {
                return Err(CatalogueError::Twice(interface.name));
            }
            info.interfaces.push(interface.name.clone());
            for (i, method) in interface.methods.iter().enumerate() {
                methods.insert(format!("{}.{}", interface.name, method.name), (position, i));
            }
            described.push(Described { text: (*text).to_owned(), interface });
        }
        Ok(Catalogue { info, described, methods })
    }

    /// What `GetInfo` tells.
    pub fn info(&self) -> &ServiceInfo {
        &self.info
    }

    /// The interface of this name.
    pub fn interface(&self, name: &str) -> Option<&Interface> {
        self.described.iter().map(|d| &d.interface).find(|interface| interface.name == name)
    }

    /// Holds a call against the descriptions and says which method it is.
    ///
    /// # Errors
    /// `InterfaceNotFound`, `MethodNotFound`, or `InvalidParameter` with the path of the first parameter that disagrees.
    pub fn check(&self, call: &Call) -> Result<(&Interface, &Method), ErrorReply> {
        let Some(&(position, method)) = self.methods.get(&call.method) else {
            return Err(match self.interface(call.interface()) {
                Some(_) => ErrorReply::method_not_found(&shorten(&call.method)),
                None => ErrorReply::interface_not_found(&shorten(call.interface())),
            });
        };
        let interface = &self.described[position].interface;
        let method = &interface.methods[method];
        if !mutant!("parameters-unchecked") {
            check_fields(interface, &method.input, &call.parameters)?;
        }
        Ok((interface, method))
    }

    /// The answer to a checked call of `org.varlink.service`; `None` for other interfaces.
    pub fn answer(&self, call: &Call) -> Option<Result<StandardReply<'_>, ErrorReply>> {
        if call.interface() != SERVICE_INTERFACE {
            return None;
        }
        Some(match call.member() {
            "GetInfo" => Ok(StandardReply::Info(&self.info)),
            "GetInterfaceDescription" => {
                let name = call.parameters.get("interface").and_then(|v| v.as_str()).unwrap_or_default();
                match self.described.iter().find(|d| d.interface.name == name) {
                    Some(found) => Ok(StandardReply::Description(InterfaceDescription { description: found.text.clone() })),
                    None => Err(ErrorReply::interface_not_found(&shorten(name))),
                }
            }
            _ => Err(ErrorReply::method_not_found(&shorten(&call.method))),
        })
    }
}

/// The answers of `org.varlink.service`.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum StandardReply<'a> {
    /// To `GetInfo`.
    Info(&'a ServiceInfo),
    /// To `GetInterfaceDescription`.
    Description(InterfaceDescription),
}
