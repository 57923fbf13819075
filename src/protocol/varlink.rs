//! The shapes on the wire: a call, a reply, the errors that every Varlink service knows.
//! Keeps: a frame that is not exactly a call or a reply is refused with the name of the field that is wrong, and parsing
//! neither panics nor recurses without bound (`serde_json` stops at a depth of 128).
//! Leaves to others: framing (`control`, `client`), and whether the parameters fit the method (`check`).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Named values of a call, a reply or an error.
pub type Parameters = Map<String, Value>;

/// The interface that every Varlink service has.
pub const SERVICE_INTERFACE: &str = "org.varlink.service";
/// No such interface here; carries `interface`.
pub const INTERFACE_NOT_FOUND: &str = "org.varlink.service.InterfaceNotFound";
/// The interface has no such method; carries `method`.
pub const METHOD_NOT_FOUND: &str = "org.varlink.service.MethodNotFound";
/// Described, but not offered by this service; carries `method`.
pub const METHOD_NOT_IMPLEMENTED: &str = "org.varlink.service.MethodNotImplemented";
/// A parameter is unknown, missing or of a wrong type; carries `parameter` (a path) and `reason`.
pub const INVALID_PARAMETER: &str = "org.varlink.service.InvalidParameter";
/// The caller may not do this.
pub const PERMISSION_DENIED: &str = "org.varlink.service.PermissionDenied";
/// The method answers with a stream and must be called with `more`.
pub const EXPECTED_MORE: &str = "org.varlink.service.ExpectedMore";

/// The bytes were no Varlink call; carries `reason`. The connection is closed after it.
pub const INVALID_FRAME: &str = "org.workorderd.InvalidFrame";
/// The bound on connections, of this user or of all, is reached; carries `limit` and `reason`.
pub const TOO_MANY_CONNECTIONS: &str = "org.workorderd.TooManyConnections";
/// A fault of the daemon itself; its log says more.
pub const INTERNAL: &str = "org.workorderd.Internal";
/// The daemon is going down; the stream ends here.
pub const STOPPING: &str = "org.workorderd.Stopping";
/// A stream ended without a last item: whoever fed it has gone.
pub const STREAM_ENDED: &str = "org.workorderd.StreamEnded";

/// A call as a client sends it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Call {
    /// Interface and method, such as `org.varlink.service.GetInfo`.
    pub method: String,
    /// The method's parameters by name; absent and null are the same as none.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub parameters: Parameters,
    /// The client takes several replies.
    #[serde(skip_serializing_if = "is_false")]
    pub more: bool,
    /// The client wants no reply at all.
    #[serde(skip_serializing_if = "is_false")]
    pub oneway: bool,
    /// The client wants to leave Varlink after this call.
    #[serde(skip_serializing_if = "is_false")]
    pub upgrade: bool,
}

impl Call {
    /// The interface part of the method, empty when there is no dot.
    pub fn interface(&self) -> &str {
        self.method.rsplit_once('.').map_or("", |(interface, _)| interface)
    }

    /// The method's name without its interface.
    pub fn member(&self) -> &str {
        self.method.rsplit_once('.').map_or(self.method.as_str(), |(_, member)| member)
    }

    /// Reads one frame (without its NUL).
    ///
    /// # Errors
    /// See [`FrameError`].
    pub fn parse(frame: &[u8]) -> Result<Call, FrameError> {
        let (call, flaw) = read_frame::<CallFrame>(frame)?.0;
        let flaw = flaw
            .or_else(|| call.method.is_empty().then(|| Flaw::new("method", "is missing")))
            .or_else(|| (call.more && call.oneway).then(|| Flaw::new("more", "cannot be combined with `oneway`")));
        match flaw {
            Some(flaw) => Err(flaw.of_field(call.oneway)),
            None => Ok(call),
        }
    }
}

/// A reply as a service sends it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reply {
    /// Output parameters, or those of the error.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub parameters: Parameters,
    /// More replies to the same call follow.
    #[serde(skip_serializing_if = "is_false")]
    pub continues: bool,
    /// The full name of the error, when the call has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Reply {
    /// Reads one frame (without its NUL).
    ///
    /// # Errors
    /// See [`FrameError`].
    pub fn parse(frame: &[u8]) -> Result<Reply, FrameError> {
        match read_frame::<ReplyFrame>(frame)?.0 {
            (reply, None) => Ok(reply),
            (_, Some(flaw)) => Err(flaw.of_field(false)),
        }
    }
}

/// Why a frame is not a call or a reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// Not UTF-8; nothing in it can be trusted.
    #[error("frame is not UTF-8 from byte {at} on")]
    NotUtf8 {
        /// Bytes from the start of the frame.
        at: usize,
    },
    /// Not a JSON object; nothing in it can be trusted.
    #[error("frame is not a JSON object: {reason}")]
    NotJson {
        /// What the parser says, with line and column.
        reason: String,
    },
    /// JSON, but with a field that does not belong there or has a wrong type. The frames after it can be read.
    #[error("field `{field}` {reason}")]
    Field {
        /// The top-level key.
        field: String,
        /// What is wrong with it.
        reason: String,
        /// The frame asked for no reply.
        oneway: bool,
    },
}

/// An error reply: a name and its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorReply {
    /// Full name, such as `org.varlink.service.InvalidParameter`.
    pub name: Cow<'static, str>,
    /// What belongs to the error.
    pub parameters: Parameters,
}

impl ErrorReply {
    /// An error without parameters.
    pub fn new(name: impl Into<Cow<'static, str>>) -> ErrorReply {
        ErrorReply { name: name.into(), parameters: Map::new() }
    }

    /// The same error with one more parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> ErrorReply {
        self.parameters.insert(name.to_owned(), value.into());
        self
    }

    /// No such interface.
    pub fn interface_not_found(interface: &str) -> ErrorReply {
        ErrorReply::new(INTERFACE_NOT_FOUND).with("interface", interface)
    }

    /// The interface has no such method; `method` is the full name.
    pub fn method_not_found(method: &str) -> ErrorReply {
        ErrorReply::new(METHOD_NOT_FOUND).with("method", method)
    }

    /// Described, but not offered here; `method` is the full name.
    pub fn method_not_implemented(method: &str) -> ErrorReply {
        ErrorReply::new(METHOD_NOT_IMPLEMENTED).with("method", method)
    }

    /// A parameter by its path (`contact.email`, `lines[3].amount`), and what is wrong with it.
    pub fn invalid_parameter(path: &str, reason: &str) -> ErrorReply {
        ErrorReply::new(INVALID_PARAMETER).with("parameter", path).with("reason", reason)
    }

    /// The caller may not do this.
    pub fn permission_denied() -> ErrorReply {
        ErrorReply::new(PERMISSION_DENIED)
    }

    /// The method must be called with `more`.
    pub fn expected_more() -> ErrorReply {
        ErrorReply::new(EXPECTED_MORE)
    }
}

impl From<FrameError> for ErrorReply {
    fn from(error: FrameError) -> ErrorReply {
        match error {
            FrameError::NotUtf8 { .. } | FrameError::NotJson { .. } => ErrorReply::new(INVALID_FRAME).with("reason", error.to_string()),
            FrameError::Field { field, reason, .. } => ErrorReply::invalid_parameter(&field, &reason),
        }
    }
}

/// The reply to `org.varlink.service.GetInfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceInfo {
    /// Who makes the service.
    pub vendor: String,
    /// What it is called.
    pub product: String,
    /// Its version.
    pub version: String,
    /// Where to read about it.
    pub url: String,
    /// The interfaces it has, by full name.
    pub interfaces: Vec<String>,
}

/// The reply to `org.varlink.service.GetInterfaceDescription`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InterfaceDescription {
    /// The interface in Varlink's own description language.
    pub description: String,
}

/// The longest piece of foreign text that an error repeats, in characters.
const QUOTED: usize = 64;

struct Flaw {
    field: String,
    reason: String,
}

impl Flaw {
    fn new(field: &str, reason: impl Into<String>) -> Flaw {
        Flaw { field: shorten(field), reason: reason.into() }
    }

    fn of_field(self, oneway: bool) -> FrameError {
        FrameError::Field { field: self.field, reason: self.reason, oneway }
    }
}

/// Foreign text cut to what an error may repeat.
pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

/// What kind of JSON value this is, with its article.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction or beyond 64 bits",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn read_frame<'a, T: Deserialize<'a>>(frame: &'a [u8]) -> Result<T, FrameError> {
    let text = std::str::from_utf8(frame).map_err(|e| FrameError::NotUtf8 { at: e.valid_up_to() })?;
    serde_json::from_str(text).map_err(|e| FrameError::NotJson { reason: shorten(&e.to_string()) })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

fn take_bool(flaw: &mut Option<Flaw>, field: &str, value: &Value) -> bool {
    match value {
        Value::Bool(value) => return *value,
        Value::Null => {}
        other => note(flaw, field, "a boolean", other),
    }
    false
}

fn take_parameters(flaw: &mut Option<Flaw>, value: Value) -> Parameters {
    match value {
        Value::Object(parameters) => return parameters,
        Value::Null => {}
        other => note(flaw, "parameters", "an object", &other),
    }
    Map::new()
}

fn take_text(flaw: &mut Option<Flaw>, field: &str, value: Value) -> Option<String> {
    match value {
        Value::String(text) => return Some(text),
        Value::Null => {}
        other => note(flaw, field, "a string", &other),
    }
    None
}

fn note(flaw: &mut Option<Flaw>, field: &str, wanted: &str, found: &Value) {
    flaw.get_or_insert_with(|| Flaw::new(field, format!("must be {wanted}, found {}", kind(found))));
}

/// Both frames are read to their end even after a flaw: whether a reply is wanted stands anywhere in them.
trait Frame: Default {
    fn field(&mut self, flaw: &mut Option<Flaw>, key: &str, value: Value);
}

struct CallFrame((Call, Option<Flaw>));
struct ReplyFrame((Reply, Option<Flaw>));

impl Frame for Call {
    fn field(&mut self, flaw: &mut Option<Flaw>, key: &str, value: Value) {
        match key {
            "method" => self.method = take_text(flaw, key, value).unwrap_or_default(),
            "parameters" => self.parameters = take_parameters(flaw, value),
            "more" => self.more = take_bool(flaw, key, &value),
            "oneway" => self.oneway = take_bool(flaw, key, &value),
            "upgrade" => self.upgrade = take_bool(flaw, key, &value),
            _ => {
                flaw.get_or_insert_with(|| Flaw::new(key, "is not a field of a call"));
            }
        }
    }
}

impl Frame for Reply {
    fn field(&mut self, flaw: &mut Option<Flaw>, key: &str, value: Value) {
        match key {
            "parameters" => self.parameters = take_parameters(flaw, value),
            "continues" => self.continues = take_bool(flaw, key, &value),
            "error" => self.error = take_text(flaw, key, value),
            _ => {
                flaw.get_or_insert_with(|| Flaw::new(key, "is not a field of a reply"));
            }
        }
    }
}

struct FrameVisitor<F>(std::marker::PhantomData<F>);

impl<'de, F: Frame> Visitor<'de> for FrameVisitor<F> {
    type Value = (F, Option<Flaw>);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        const KEYS: [&str; 7] = ["method", "parameters", "more", "oneway", "upgrade", "continues", "error"];
        let (mut frame, mut flaw, mut seen) = (F::default(), None, 0_u8);
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            if let Some(bit) = KEYS.iter().position(|known| *known == key) {
                if seen & (1 << bit) != 0 {
                    flaw.get_or_insert_with(|| Flaw::new(&key, "stands twice in the frame"));
                }
                seen |= 1 << bit;
            }
            frame.field(&mut flaw, &key, map.next_value()?);
        }
        Ok((frame, flaw))
    }
}

/// A key, borrowed from the frame unless it holds escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

impl<'de> Deserialize<'de> for CallFrame {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FrameVisitor(std::marker::PhantomData)).map(CallFrame)
    }
}

impl<'de> Deserialize<'de> for ReplyFrame {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FrameVisitor(std::marker::PhantomData)).map(ReplyFrame)
    }
}
