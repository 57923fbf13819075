//! A link as a QR code: for the terminal in half blocks, so that modules are square, or as a picture; with the quiet zone that scanners need.

use qrcode::{Color, QrCode};

use super::page::Page;
use crate::protocol::work_orders::{Invitation, WorkOrder};

/// Light modules around the code, on each side.
pub const QUIET: usize = 4;
/// Dots of a picture for a module, in each direction.
const DOTS: usize = 8;

/// The code. With colours it is black on white whatever the terminal's colours are; without, light modules are drawn, for a dark
/// background, or dark ones if `invert`.
///
/// # Errors
/// In words: the link is too long.
pub fn code(link: &str, invert: bool, page: &Page) -> Result<String, String> {
    let code = made(link)?;
    let modules = code.width();
    let dark = |x: usize, y: usize| {
        let inside = (QUIET..QUIET + modules).contains(&x) && (QUIET..QUIET + modules).contains(&y);
        inside && code[(x - QUIET, y - QUIET)] == Color::Dark
    };
    let (side, drawn_dark) = (modules + 2 * QUIET, page.paint.0 || invert);
    let mut out = String::new();
    for y in (0..side).step_by(2) {
        let mut line = String::new();
        for x in 0..side {
            // Below the last line there is nothing: not drawn.
            let lower = if y + 1 < side { dark(x, y + 1) == drawn_dark } else { false };
            line.push(match (dark(x, y) == drawn_dark, lower) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        out.push_str(&if page.paint.0 { format!("\x1b[38;5;16;48;5;231m{line}\x1b[0m") } else { line.trim_end().to_owned() });
        out.push('\n');
    }
    Ok(out)
}

/// The code as a picture that can be drawn at any size.
///
/// # Errors
/// In words: the link is too long.
pub fn svg(link: &str) -> Result<String, String> {
    Ok(made(link)?.render::<qrcode::render::svg::Color<'_>>().quiet_zone(true).min_dimensions(400, 400).build())
}

/// The code as a picture of black and white dots.
///
/// # Errors
/// In words: the link is too long.
pub fn png(link: &str) -> Result<Vec<u8>, String> {
    let code = made(link)?;
    let side = (code.width() + 2 * QUIET) * DOTS;
    let dark = |x: usize, y: usize| {
        let at = |n: usize| (n / DOTS).checked_sub(QUIET).filter(|n| *n < code.width());
        at(x).zip(at(y)).is_some_and(|place| code[place] == Color::Dark)
    };
    let line = |y: usize| {
        (0..side.div_ceil(8)).map(move |byte| {
            (0..8).fold(0_u8, |bits, bit| {
                let x = byte * 8 + bit;
                bits << 1 | u8::from(x >= side || !dark(x, y))
            })
        })
    };
    let rows: Vec<u8> = (0..side).flat_map(line).collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, side as u32, side as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&rows));
    written.map_err(|error| error.to_string())?;
    Ok(out)
}

fn made(link: &str) -> Result<QrCode, String> {
    QrCode::new(link).map_err(|e| format!("the link cannot be drawn as a QR code: {e}"))
}

/// The newest QR code invitation that is open, with a link.
///
/// # Errors
/// In words: why there is none.
pub fn open_invitation<'a>(order: &'a WorkOrder, page: &Page) -> Result<(&'a Invitation, &'a str), String> {
    let number = &order.number;
    let all: Vec<&Invitation> = order.invitations.iter().filter(|one| one.source == "qr-code").collect();
    let open: Vec<&Invitation> = all.iter().copied().filter(|one| one.expires_at > page.times.now).collect();
    let newest = open.iter().filter_map(|one| Some((*one, one.link.as_deref()?))).max_by_key(|(one, _)| one.no);
    newest.ok_or_else(|| match (open.last(), all.last()) {
        (Some(_), _) => format!("{number} has an open QR code, but its link is shown only to those who may act at the node"),
        (None, Some(last)) => format!("the QR code of {number} ended {}", page.times.from_now(last.expires_at)),
        (None, None) => format!("{number} has no QR code; one is made at an evaluate node whose rule or method asks for it"),
    })
}
