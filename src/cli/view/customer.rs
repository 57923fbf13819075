//! A customer: an account with its contacts and terminals, or a contact with its account, the newest Work Orders, and how to create the next.

use super::directory;
use super::equipment;
use super::list::ListView;
use super::page::Page;
use super::paint::Tone;
use super::show::{fact, section};
use super::table::{Cell, pliant, whole};
use super::width::line;
use crate::protocol::directory::{Account, Contact, Found, GotAccount, GotContact, LookedUp};
use crate::protocol::work_orders::Listed;

/// An account.
pub fn account(got: &GotAccount, latest: &Listed, page: &Page) -> String {
    let mut out = head(&got.account.id, &got.account.name, got.account.disabled, page);
    region(&mut out, &got.account, page);
    section(&mut out, "contacts", &directory::contacts(&got.contacts, page), page);
    section(&mut out, "terminals", &equipment::terminals(&got.terminals, page), page);
    // One alone is meant, whoever it is.
    let contact = if let [one] = got.contacts.as_slice() { format!(" --contact {}", line(&one.id)) } else { String::new() };
    let of = format!("--account {}", line(&got.account.id));
    work(&mut out, latest, &of, &format!("{of}{contact} --entry-point account"), got.account.disabled, page);
    out
}

/// A contact.
pub fn contact(got: &GotContact, latest: &Listed, page: &Page) -> String {
    let Contact { id, name, account: _, email, mobile, wechat, wechat_through, language, disabled, erased } = &got.contact;
    let mut out = head(id, name, *disabled, page);
    if let Some(erased) = erased {
        fact(&mut out, "erased", &page.times.minute(*erased), page);
    }
    if let Some(account) = &got.account {
        fact(&mut out, "account", &format!("{}, {}", line(&account.id), line(&account.name)), page);
        region(&mut out, account, page);
    }
    let through = wechat_through.as_deref().filter(|through| *through == "mini-program").map(|through| format!(" ({through})"));
    let wechat = wechat.as_ref().map(|open_id| format!("{open_id}{}", through.unwrap_or_default()));
    for (key, value) in [("e-mail", email), ("mobile", mobile), ("WeChat", &wechat), ("language", language)] {
        if let Some(value) = value {
            fact(&mut out, key, &line(value), page);
        }
    }
    let of = format!("--contact {}", line(id));
    work(&mut out, latest, &of, &format!("{of} --entry-point contact"), *disabled, page);
    out
}

pub(super) fn head(id: &str, name: &str, disabled: Option<bool>, page: &Page) -> String {
    let state = if disabled == Some(true) { ", disabled" } else { "" };
    format!("{}\n", page.paint.tone(Tone::Strong, &format!("{}  {}{state}", line(id), line(name))))
}

fn region(out: &mut String, account: &Account, page: &Page) {
    if let Some(region) = &account.region {
        fact(out, "region", &line(region), page);
    }
}

/// Its work; `of` lists it, `known` is what is filled in for the next.
fn work(out: &mut String, latest: &Listed, of: &str, known: &str, disabled: Option<bool>, page: &Page) {
    let mut view = ListView::default();
    let mut text = view.page(&latest.lines, page);
    if latest.lines.is_empty() {
        text.push_str(&page.paint.tone(Tone::Dim, "no Work Order\n"));
    } else if latest.next.is_some() {
        text.push_str(&page.paint.tone(Tone::Dim, &format!("older ones: workorderctl list {of} --all\n")));
    }
    section(out, "work orders, newest first", &text, page);
    next_one(out, known, disabled, page);
}

/// What a look-up found.
pub fn found(looked_up: &LookedUp, page: &Page) -> String {
    let row = |one: &Found| {
        let account = one.account_name.as_ref().or(one.account.as_ref());
        let texts = [directory::text(account), directory::text(one.mobile.as_ref()), directory::text(one.email.as_ref())];
        let mut row: Vec<Cell> = vec![line(&one.kind).into(), line(&one.id).into(), line(&one.name).into(), line(&one.matched).into()];
        row.extend(texts);
        row
    };
    let columns = [
        whole("KIND"),
        pliant("ID", 8),
        pliant("NAME", 8),
        whole("FOUND BY"),
        pliant("ACCOUNT", 8),
        pliant("MOBILE", 8),
        pliant("E-MAIL", 8),
    ];
    let mut out = directory::listed(&columns, &looked_up.found.iter().map(row).collect::<Vec<_>>(), "such account or contact", page);
    if looked_up.more {
        out.push_str(&page.paint.tone(Tone::Dim, "there are more; write more of the name\n"));
    }
    out
}

/// How to create the next one.
pub(super) fn next_one(out: &mut String, known: &str, disabled: Option<bool>, page: &Page) {
    if disabled != Some(true) {
        section(out, "a new one, with what is known filled in", &format!("  workorderctl create RECORD-TYPE SUBJECT {known}\n"), page);
    }
}
