//! Fields of forms between JSON and the domain: raw values in, checked values and forms out.

use super::refuse;
use crate::domain::context::Context;
use crate::domain::form::given::{Given, GivenFields};
use crate::domain::form::kind::Kind;
use crate::domain::form::value::StoredFile;
use crate::domain::form::{Field, Form, SingleField, Value, shown};
use crate::domain::may::Layout;
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, PersonalText};
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::fields;
use crate::protocol::varlink::{ErrorReply, Parameters};
use crate::protocol::work_orders as shape;
use crate::runtime::naming::Naming;
use serde_json::Value as Json;

/// Characters of the name of an attachment.
const NAME_MAX: usize = 200;
/// Bytes of a media type.
const MEDIA_TYPE_MAX: usize = 100;
/// Digits of a number that JSON's own kind of number is sure to keep.
const SURE_DIGITS: usize = 15;

/// What a call gives for fields. Attachments must have been brought before.
pub fn given(fields: Option<Parameters>, naming: &mut Naming) -> Result<GivenFields, ErrorReply> {
    let mut one = |(name, value): (String, Json)| {
        let given = raw(value, naming).map_err(|problem| {
            let field = format!("fields.{}", name.chars().take(80).collect::<String>());
            refuse::rejection(&Rejection::InvalidFormField { field, rule: "kind", problem })
        })?;
        Ok((name.into(), given))
    };
    fields.unwrap_or_default().into_iter().map(&mut one).collect()
}

fn raw(value: Json, naming: &mut Naming) -> Result<Given, String> {
    Ok(match value {
        Json::Null => Given::Nothing,
        Json::Bool(flag) => Given::Flag(flag),
        Json::Number(number) => {
            let text = number.to_string();
            if number.is_f64() && text.bytes().filter(u8::is_ascii_digit).count() > SURE_DIGITS {
                return Err(format!("{text} has more than {SURE_DIGITS} digits; write it in quotes, so that none is lost"));
            }
            Given::Number(text.into())
        }
        Json::String(text) => Given::Text(text.into()),
        Json::Array(list) => Given::List(list.into_iter().map(|one| raw(one, naming)).collect::<Result<_, _>>()?),
        Json::Object(map) if map.contains_key("hash") && map.contains_key("mediaType") => Given::File(file(&map, naming)?),
        Json::Object(map) => {
            Given::Map(map.into_iter().map(|(key, value)| Ok((key.into(), raw(value, naming)?))).collect::<Result<_, String>>()?)
        }
    })
}

/// An attachment as it is named: `hash`, `mediaType`, `name`. How long it is, its content says.
fn file(named: &Parameters, naming: &mut Naming) -> Result<StoredFile, String> {
    let text = |key: &str| named.get(key).and_then(Json::as_str).ok_or_else(|| format!("an attachment has a {key}, which is a text"));
    let (hash, media_type, name) = (text("hash")?, text("mediaType")?, text("name")?);
    let part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.+".contains(&b));
    if media_type.len() > MEDIA_TYPE_MAX || !media_type.split_once('/').is_some_and(|(group, kind)| part(group) && part(kind)) {
        return Err("mediaType is not such as image/jpeg".to_owned());
    }
    let size = naming.name(hash).ok_or("there is no attachment of that hash; bring it first (BringAttachment)")?;
    let name = text::line("name", name, NAME_MAX).map_err(|rejection| rejection.to_string())?;
    Ok(StoredFile { hash: hash.into(), size, media_type: media_type.into(), name: PersonalText(Some(name)) })
}

fn json(given: Given) -> Json {
    match given {
        Given::Nothing => Json::Null,
        Given::Flag(flag) => Json::Bool(flag),
        Given::Number(text) => text.parse::<i64>().map_or_else(|_| Json::String(text.into()), Json::from),
        Given::Text(text) => Json::String(text.into()),
        Given::List(list) => Json::Array(list.into_iter().map(json).collect()),
        Given::Map(map) => Json::Object(map.into_iter().map(|(key, value)| (key.into(), json(value))).collect()),
        Given::File(file) => serde_json::json!({
            "hash": file.hash, "size": file.size, "mediaType": file.media_type, "name": file.name.shown()
        }),
    }
}

/// All values that are shown to who asks, as programs want them: in the shape that a call gives them in.
pub fn values(order: &WorkOrder, cx: &Context<'_>) -> Parameters {
    let layout = Layout::of(Some(&order.record_type), cx);
    order.fields.iter().filter(|(name, _)| !layout.hides(name)).map(|(name, value)| (name.to_string(), json(value.to_given()))).collect()
}

/// All values that are shown to who asks, as people read them, in the order of the forms.
pub fn fields(order: &WorkOrder, language: &str, cx: &Context<'_>) -> Vec<shape::Field> {
    let forms = order.forms.iter().filter_map(|pin| cx.catalogue.pinned_form(pin));
    let mut names: Vec<_> = forms.flat_map(|form| form.fields.iter().map(Field::name)).collect();
    names.extend(order.fields.keys());
    let layout = Layout::of(Some(&order.record_type), cx);
    let mut told: Vec<shape::Field> = Vec::new();
    for name in names.into_iter().filter(|name| !layout.hides(name)) {
        let Some(value) = order.fields.get(name).filter(|_| !told.iter().any(|f| f.name == name.as_str())) else { continue };
        let form = fields::form_of(order, name, cx.catalogue);
        let spec = form.and_then(|form| form.field(name.as_str()));
        let form = form.map(|form| form.title.text(language).to_owned());
        told.push(shape::Field { form, ..field(name.as_str(), value, spec, language, cx) });
    }
    told
}

fn field(name: &str, value: &Value, spec: Option<&Field>, language: &str, cx: &Context<'_>) -> shape::Field {
    let (mut columns, mut column_kinds, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    if let (Value::Table(table), Some(Field::Table(spec))) = (value, spec) {
        columns = spec.columns.iter().map(|column| column.title.text(language).to_owned()).collect();
        column_kinds = spec.columns.iter().map(|column| column.kind.name().to_owned()).collect();
        let cell = |row: &crate::domain::form::Row, column: &SingleField| {
            row.get(&column.name).map(|cell| shown::cell(cell, Some(&column.kind), language, cx.directory)).unwrap_or_default()
        };
        rows = table.iter().map(|row| spec.columns.iter().map(|column| cell(row, column)).collect()).collect();
    }
    shape::Field {
        name: name.to_owned(),
        title: spec.map_or(name, |spec| spec.title().text(language)).to_owned(),
        kind: spec.map_or("", Field::kind).to_owned(),
        to: match spec {
            Some(Field::Single(SingleField { kind: Kind::Reference(target), .. })) => Some(target.name().to_owned()),
            Some(Field::Single(_) | Field::Table(_)) | None => None,
        },
        form: None,
        text: shown::value(value, spec, language, cx.directory),
        columns,
        column_kinds,
        rows,
    }
}

/// A form as a client draws it for who asks. Columns of a table follow it and name it.
pub fn form(form: &Form, version: u32, language: &str, layout: &Layout<'_>, cx: &Context<'_>) -> shape::Form {
    let mut fields = Vec::new();
    for field in form.fields.iter().filter(|field| !layout.hides(field.name())) {
        let read_only = layout.keeps(field.name());
        match field {
            Field::Single(single) => fields.push(shape::FormField { read_only, ..form_field(single, None, language, cx) }),
            Field::Table(table) => {
                fields.push(shape::FormField {
                    name: table.name.to_string(),
                    title: table.title.text(language).to_owned(),
                    kind: "table".to_owned(),
                    required: table.required,
                    read_only,
                    help: table.help.as_ref().map(|help| help.text(language).to_owned()),
                    min: Some(table.min.to_string()),
                    max: Some(table.max.to_string()),
                    ..shape::FormField::default()
                });
                let column = |column| shape::FormField { read_only, ..form_field(column, Some(table.name.as_str()), language, cx) };
                fields.extend(table.columns.iter().map(column));
            }
        }
    }
    shape::Form { name: form.name.to_string(), version: version.into(), title: form.title.text(language).to_owned(), fields }
}

fn form_field(field: &SingleField, table: Option<&str>, language: &str, cx: &Context<'_>) -> shape::FormField {
    let mut told = shape::FormField {
        name: field.name.to_string(),
        table: table.map(ToOwned::to_owned),
        title: field.title.text(language).to_owned(),
        kind: field.kind.name().to_owned(),
        required: field.required,
        help: field.help.as_ref().map(|help| help.text(language).to_owned()),
        default: field.default.as_ref().map(|cell| shown::cell(cell, Some(&field.kind), language, cx.directory)),
        choices: field
            .kind
            .choices()
            .iter()
            .map(|c| shape::Choice { name: c.name.to_string(), title: c.title.text(language).into() })
            .collect(),
        ..shape::FormField::default()
    };
    fn limits<T: ToString>(told: &mut shape::FormField, min: Option<T>, max: Option<T>) {
        (told.min, told.max) = (min.map(|m| m.to_string()), max.map(|m| m.to_string()));
    }
    match &field.kind {
        Kind::Text { min, max, pattern } | Kind::LongText { min, max, pattern } => {
            limits(&mut told, Some(min), Some(max));
            told.pattern = pattern.as_ref().map(|p| p.source().to_owned());
        }
        Kind::Address { min, max } => limits(&mut told, Some(min), Some(max)),
        Kind::Number { min, max, decimals } => {
            limits(&mut told, *min, *max);
            told.decimals = decimals.map(i64::from);
        }
        Kind::Money { currency, min, max } => {
            limits(&mut told, *min, *max);
            told.currency = Some(currency.to_string());
            told.decimals = Some(currency.decimals().into());
        }
        Kind::Date { min, max } => limits(&mut told, *min, *max),
        Kind::Time { min, max } => {
            let text = |time: &Option<crate::domain::time::Timestamp>| time.map(crate::domain::form::date::show_time);
            limits(&mut told, text(min), text(max));
        }
        Kind::Choices { min, max, .. } => limits(&mut told, Some(min), Some(max)),
        Kind::Phone { pattern } | Kind::Email { pattern } => told.pattern = pattern.as_ref().map(|p| p.source().to_owned()),
        Kind::Reference(target) => told.to = Some(target.name().to_owned()),
        Kind::Attachment { min, max, media_types } => {
            limits(&mut told, Some(min), Some(max));
            told.media_types = media_types.iter().map(ToString::to_string).collect();
        }
        Kind::Choice { .. } | Kind::YesNo | Kind::Location | Kind::Signature | Kind::Stars { .. } => {}
    }
    told
}
