//! `[[sop]]` with its steps.

use super::sheet::Sheet;
use crate::domain::definition::{Sop, SopStep};

/// Writes one.
pub fn write(sop: &Sop, sheet: &mut Sheet) {
    let Sop { name, title, steps } = sop;
    sheet.table("sop");
    sheet.text("name", name.as_str());
    sheet.title(title, name.as_str());
    for SopStep { name, title, required, ordered, location, labor, form } in steps {
        sheet.table("sop.step");
        sheet.text("name", name.as_str());
        sheet.title(title, name.as_str());
        for (key, flag) in [("required", required), ("ordered", ordered), ("location", location), ("labor", labor)] {
            sheet.flag(key, *flag, false);
        }
        sheet.some("form", form.as_ref().map(|f| f.as_str()));
    }
}
