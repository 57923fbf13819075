//! `[[process]]`: an ordered list of nodes (PRC-1).
//!
//! Keeps every node that sends back behind a node that it can send back to.

use super::book::{Book, Kind};
use super::node;
use crate::domain::definition::Process;
use crate::domain::definition::process::NODES_MAX;
use crate::settings::toml_reader::Table;
use std::collections::BTreeMap;

/// Reads one; none if it has problems, which are reported.
pub fn read(table: Table<'_>, book: &mut Book<'_>) -> Option<Process> {
    let (name, table) = book.define(Kind::Process, table);
    let title = table.label("title", name.as_ref().map_or("", |n| n.as_str()));
    let count = table.count("node");
    if count == 0 && !table.has("node") {
        table.sink().report_with(&table.place, "the process has no nodes", "add at least one table [[process.node]]");
    }
    if count > NODES_MAX {
        table.sink().report(&table.place_of("node"), format!("has {count} nodes, at most {NODES_MAX} are allowed"));
    }
    book.asked.in_process(name.as_ref());
    let mut nodes = Vec::new();
    let mut kinds = Vec::new();
    let mut names = BTreeMap::new();
    for node_table in table.tables("node", NODES_MAX) {
        let place = node_table.place_of("name");
        let read = node::read(node_table, &kinds, book);
        if let Some(name) = &read.name
            && let Some(first) = names.insert(name.clone(), place.line)
        {
            let hint = format!("the first is in line {first}");
            table.sink().report_with(&place, format!("two nodes of the process are called {name}"), hint);
        }
        kinds.push(read.kind);
        nodes.push(read.node);
    }
    book.asked.in_process(None);
    table.finish();
    let nodes: Option<Vec<_>> = nodes.into_iter().collect();
    Some(Process { name: name?, title: title?, nodes: nodes? })
}
