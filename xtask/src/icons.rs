//! `cargo xtask icons`: every icon file, made from the drawings in `icons/*.svg`.

use std::error::Error;
use std::f32::consts::TAU;
use std::path::Path;
use std::{fs, io};

use icns::{IconFamily, IconType};
use ico::{IconDir, IconDirEntry, IconImage, ResourceType};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The tray's states, each drawn in `icons/tray-<state>.svg`.
const TRAY_STATES: [&str; 4] = ["signed-in", "attention", "signed-out", "working"];

/// Width of a tray icon in pixels: twice the 22 of its drawing, for screens of double density.
const TRAY_SIZE: u32 = 44;

/// Linux's panels are of any height; each takes the size that is nearest.
const PANEL_SIZES: [u32; 4] = [16, 22, 24, 32];

/// A tray icon's variants: the end of its name, the glyph's colour, the attention badge's, and that of a thin edge.
///
/// The edge is the panel's own colour, and seen only where the panel is not what it was taken for. macOS takes only the
/// alpha of a template and colours it itself.
const TRAY_VARIANTS: [(&str, &str, &str, Option<&str>); 3] = [
    ("on-dark", "#f4f2f7", "#ffb84d", Some("#26212e")),
    ("on-light", "#26212e", "#c26a00", Some("#f4f2f7")),
    ("template", "#000", "#000", None),
];

/// The edge's width, where the drawing is 22 wide.
const EDGE: f32 = 0.9;

/// The app's icon as PNG: file and width in pixels, as Tauri's bundler looks for them.
const APP_PNGS: [(&str, u32); 4] =
    [("32x32.png", 32), ("128x128.png", 128), ("128x128@2x.png", 256), ("icon.png", 512)];

/// The layers of `icon.ico`. The first is the one that a development build shows in the taskbar.
const ICO_SIZES: [u32; 6] = [32, 16, 24, 48, 64, 256];

/// The layers of `icon.icns`; macOS scales them down for what is not there.
const ICNS_LAYERS: [(IconType, u32); 5] = [
    (IconType::RGBA32_16x16_2x, 32),
    (IconType::RGBA32_32x32_2x, 64),
    (IconType::RGBA32_128x128, 128),
    (IconType::RGBA32_128x128_2x, 256),
    (IconType::RGBA32_256x256_2x, 512),
];

/// Makes the icon files of the repository at `root`; with `check`, only says which of them are not what the drawings
/// make.
///
/// The same drawings give the same bytes as long as `Cargo.lock` keeps the crates used here.
///
/// # Errors
///
/// A drawing that cannot be read or drawn, a file that cannot be written; with `check`, files that differ.
pub(crate) fn icons(root: &Path, check: bool) -> Result<()> {
    let folder = root.join("icons");
    let files = draw_all(&folder)?;
    if !check {
        for (name, bytes) in files {
            fs::write(folder.join(name), bytes)?;
        }
        return Ok(());
    }
    let mut stale = Vec::new();
    for (name, bytes) in files {
        match fs::read(folder.join(&name)) {
            Ok(committed) if committed == bytes => {}
            Ok(_) => stale.push(name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => stale.push(name),
            Err(error) => return Err(error.into()),
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(format!("not what the drawings make, run `cargo xtask icons`: {}", stale.join(", ")).into())
    }
}

/// The app's icon as PNG, `size` pixels wide.
///
/// # Errors
///
/// A drawing that cannot be read or drawn.
pub(crate) fn app(root: &Path, size: u32) -> Result<Vec<u8>> {
    Ok(draw(&read(&root.join("icons/app.svg"), None)?, size)?.encode_png()?)
}

/// Every file's name and bytes.
fn draw_all(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    let app = read(&folder.join("app.svg"), None)?;
    for (name, size) in APP_PNGS {
        files.push((name.to_owned(), draw(&app, size)?.encode_png()?));
    }
    files.push(("icon.ico".to_owned(), ico(&app)?));
    files.push(("icon.icns".to_owned(), icns(&app)?));
    for state in TRAY_STATES {
        for (variant, glyph, badge, edge) in TRAY_VARIANTS {
            let coloured = |glyph, badge| {
                let style = format!("svg {{ color: {glyph} }} .badge {{ fill: {badge} }}");
                read(&folder.join(format!("tray-{state}.svg")), Some(style))
            };
            let glyph = coloured(glyph, badge)?;
            let edge = edge.map(|edge| coloured(edge, edge)).transpose()?;
            let draw = |size| draw_edged(&glyph, edge.as_ref(), size);
            files.push((format!("tray-{state}-{variant}.png"), draw(TRAY_SIZE)?.encode_png()?));
            for size in PANEL_SIZES.into_iter().filter(|_| edge.is_some()) {
                files.push((format!("tray-{state}-{variant}-{size}.png"), draw(size)?.encode_png()?));
            }
        }
    }
    Ok(files)
}

fn read(drawing: &Path, style: Option<String>) -> Result<Tree> {
    let svg = fs::read_to_string(drawing).map_err(|error| format!("{}: {error}", drawing.display()))?;
    let options = Options { style_sheet: style, ..Options::default() };
    Ok(Tree::from_str(&svg, &options).map_err(|error| format!("{}: {error}", drawing.display()))?)
}

/// Draws a square picture, `size` pixels wide.
fn draw(tree: &Tree, size: u32) -> Result<Pixmap> {
    draw_edged(tree, None, size)
}

/// The same on an edge, which is the drawing in another colour, moved a little to every side.
#[expect(clippy::cast_precision_loss, reason = "icons are at most 512 pixels wide")]
fn draw_edged(tree: &Tree, edge: Option<&Tree>, size: u32) -> Result<Pixmap> {
    let mut pixels = Pixmap::new(size, size).ok_or("an icon of no size")?;
    let scale = size as f32 / tree.size().width();
    for (edge, side) in edge.into_iter().flat_map(|edge| (0_u8..16).map(move |side| (edge, side))) {
        let (down, right) = (f32::from(side) * TAU / 16.0).sin_cos();
        let at = Transform::from_translate(right * EDGE, down * EDGE).post_scale(scale, scale);
        resvg::render(edge, at, &mut pixels.as_mut());
    }
    resvg::render(tree, Transform::from_scale(scale, scale), &mut pixels.as_mut());
    Ok(pixels)
}

fn ico(app: &Tree) -> Result<Vec<u8>> {
    let mut layers = IconDir::new(ResourceType::Icon);
    for size in ICO_SIZES {
        let png = draw(app, size)?.encode_png()?;
        layers.add_entry(IconDirEntry::encode_as_png(&IconImage::read_png(io::Cursor::new(png))?)?);
    }
    let mut bytes = Vec::new();
    layers.write(&mut bytes)?;
    Ok(bytes)
}

fn icns(app: &Tree) -> Result<Vec<u8>> {
    let mut layers = IconFamily::new();
    for (kind, size) in ICNS_LAYERS {
        let png = draw(app, size)?.encode_png()?;
        layers.add_icon_with_type(&icns::Image::read_png(io::Cursor::new(png))?, kind)?;
    }
    let mut bytes = Vec::new();
    layers.write(&mut bytes)?;
    Ok(bytes)
}
