//! Words of the stories about customers and what they have: accounts, products, terminals.

use workorderd::domain::aggregate::{Command, Event, Key, State};
use workorderd::domain::context::Context;
use workorderd::domain::directory::{Account, Contact, Directory, DirectoryCommand, DirectoryEvent, Product, Terminal};
use workorderd::domain::form::shown;
use workorderd::domain::ids::{AccountId, ContactId, Name, ProductId, TerminalId};
use workorderd::domain::rejection::Rejection;
use workorderd::domain::text::PersonalText;
use workorderd::domain::transition::{directory_key, transition};
use workorderd::domain::work_order::state::WorkOrder;

/// The customer of all stories.
pub fn wang() -> Contact {
    Contact {
        id: ContactId::new("wang").unwrap(),
        account: None,
        name: PersonalText::new("王伟"),
        email: Some(PersonalText::new("wang@example.cn")),
        mobile: None,
        wechat: None,
        language: "zh".into(),
        sign_ins: None,
        disabled: false,
        erased: None,
    }
}

/// How they begin.
pub const VERBS: [&str; 3] = ["registers the ", "disables the ", "enables the "];

/// `registers the account A: NAME`, `registers the product P: NAME`, `registers the terminal T of A, a P: NAME`,
/// `disables the terminal T`, `enables the terminal T`.
pub fn command(what: &str, name: &str, directory: &Directory) -> DirectoryCommand {
    let (verb, rest) = what.split_once(" the ").unwrap();
    let (kind, rest) = rest.split_once(' ').unwrap();
    match (verb, kind) {
        ("registers", "account") => {
            let id = AccountId::new(rest).unwrap();
            DirectoryCommand::PutAccount(Account { id, name: PersonalText::new(name), region: None, disabled: false })
        }
        ("registers", "product") => {
            let id = ProductId::new(rest).unwrap();
            DirectoryCommand::PutProduct(Product { id, name: name.into(), model: None, category: None, disabled: false })
        }
        ("registers", "terminal") => {
            let (id, of) = rest.split_once(" of ").unwrap();
            let (account, product) = of.split_once(", a ").unwrap();
            DirectoryCommand::PutTerminal(Terminal {
                id: TerminalId::new(id).unwrap(),
                name: PersonalText::new(name),
                product: ProductId::new(product).unwrap(),
                account: AccountId::new(account).unwrap(),
                contact: None,
                serial_number: None,
                site: None,
                warranty_end: None,
                disabled: false,
            })
        }
        ("disables" | "enables", "terminal") => {
            let known = directory.terminal(&TerminalId::new(rest).unwrap()).unwrap().clone();
            DirectoryCommand::PutTerminal(Terminal { disabled: verb == "disables", ..known })
        }
        _ => panic!("nobody knows how to {what:?}"),
    }
}

/// The command as a whole step: who may, the rule, what is folded.
pub fn step(command: DirectoryCommand, cx: &Context<'_>) -> Result<DirectoryEvent, Rejection> {
    let key = directory_key(&command);
    let before = match &key {
        Key::Account(id) => cx.directory.account(id).map(|known| State::Account(Box::new(known.clone()))),
        Key::Product(id) => cx.directory.product(id).map(|known| State::Product(Box::new(known.clone()))),
        Key::Terminal(id) => cx.directory.terminal(id).map(|known| State::Terminal(Box::new(known.clone()))),
        other => panic!("no story is about {other}"),
    };
    let mut step = transition(&key, before.as_ref(), &Command::Directory(command), cx)?;
    match step.events.pop() {
        Some(Event::Directory(event)) if step.events.is_empty() => Ok(event),
        other => panic!("{other:?} beside {:?}", step.events),
    }
}

/// `terminal T is NAME of ACCOUNT, a PRODUCT`.
pub fn check(value: &str, directory: &Directory) -> Result<(), String> {
    let (id, wanted) = value.split_once(" is ").ok_or("a terminal is something")?;
    let terminal = directory.terminal(&TerminalId::new(id).unwrap()).ok_or(format!("there is no terminal {id}"))?;
    let account = directory.account(&terminal.account).map_or("?", |account| account.name.shown());
    let product = directory.product(&terminal.product).map_or("?", |product| &product.name);
    let is = format!("{} of {account}, a {product}", terminal.name.shown());
    if is == wanted { Ok(()) } else { Err(format!("it is {is}")) }
}

/// `field F is WORDS`, as people read it.
pub fn check_field(value: &str, order: &WorkOrder, directory: &Directory) -> Result<(), String> {
    let (field, wanted) = value.split_once(" is ").ok_or("a field is something")?;
    let is = order.fields.get(&Name::new(field).unwrap()).map(|value| shown::value(value, None, "en", directory)).unwrap_or_default();
    if is == wanted { Ok(()) } else { Err(format!("it is {is:?}")) }
}

/// Names of the attachments of all forms, in the order of the names.
pub fn files(order: &WorkOrder) -> String {
    let mut names: Vec<_> =
        order.fields.values().flat_map(|value| value.files()).map(|file| file.name.0.as_deref().unwrap_or_default().to_owned()).collect();
    names.sort();
    if names.is_empty() { "none".into() } else { names.join(", ") }
}
