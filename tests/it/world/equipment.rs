//! What the customers of the company have: products and terminals, put and put again, now and then badly; and orders that name them.

use super::company::{account_id, asked, contact_id};
use workorderd::domain::aggregate::{Command, Key};
use workorderd::domain::directory::{DirectoryCommand, Product, Terminal};
use workorderd::domain::form::date::Date;
use workorderd::domain::form::kind::Target;
use workorderd::domain::form::{Field, Kind};
use workorderd::domain::ids::{ProductId, TerminalId};
use workorderd::domain::text::PersonalText;
use workorderd::domain::transition::directory_key;

pub const PRODUCTS: [(&str, &str); 2] = [("lift-500", "客梯 500 型"), ("pump-9", "Pump 9")];
/// Terminals with their product, account and contact.
pub const TERMINALS: [(&str, &str, &str, Option<&str>); 3] =
    [("l-1", "lift-500", "huadong", Some("li-lei")), ("电梯-2", "lift-500", "huadong", None), ("p-1", "pump-9", "acme", Some("grace"))];

fn product(n: usize) -> Product {
    let (id, name) = PRODUCTS[n];
    Product { id: ProductId::new(id).expect("a good slug"), name: name.into(), model: Some("M".into()), category: None, disabled: false }
}

fn terminal(n: usize) -> Terminal {
    let (id, product, account, contact) = TERMINALS[n];
    Terminal {
        id: TerminalId::new(id).expect("a good slug"),
        name: PersonalText::new(&format!("{id} 设备")),
        product: ProductId::new(product).expect("a good slug"),
        account: account_id(account),
        contact: contact.map(contact_id),
        serial_number: Some(format!("SN-{n}").into()),
        site: Some(PersonalText::new("南京路 1 号")),
        warranty_end: Date::parse("2027-12-31").ok(),
        disabled: false,
    }
}

fn put(command: DirectoryCommand) -> (Key, Command) {
    (directory_key(&command), Command::Directory(command))
}

/// What is there from the beginning; accounts and contacts come first.
pub fn founding() -> Vec<(Key, Command)> {
    let products = (0..PRODUCTS.len()).map(|n| put(DirectoryCommand::PutProduct(product(n))));
    products.chain((0..TERMINALS.len()).map(|n| put(DirectoryCommand::PutTerminal(terminal(n))))).collect()
}

/// What somebody changes, mostly sensibly.
pub fn change(rng: &mut fastrand::Rng) -> (Key, Command) {
    if rng.u32(..3) == 0 {
        let mut product = product(rng.usize(..PRODUCTS.len()));
        product.disabled = rng.u32(..4) == 0;
        return put(DirectoryCommand::PutProduct(product));
    }
    let mut terminal = terminal(rng.usize(..TERMINALS.len()));
    terminal.disabled = rng.u32(..3) == 0;
    match rng.u32(..6) {
        0 => terminal.product = ProductId::new("no-such").expect("a good slug"),
        1 => terminal.account = account_id("acme"),
        2 => terminal.site = None,
        _ => {}
    }
    put(DirectoryCommand::PutTerminal(terminal))
}

/// The field that an order names its terminal in.
pub fn field() -> Field {
    Field::Single(asked("terminal", false, Kind::Reference(Target::Terminal)))
}
