//! The tray's pictures: one for each state, drawn for dark panels, for light ones, and as macOS's templates.

use herokey_core::menu::Icon;

/// What the icon stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Panel {
    /// A dark panel.
    Dark,
    /// A light panel.
    Light,
    /// macOS's menu bar, which colours the icon itself.
    Template,
}

/// Why a picture cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is not a PNG.
    #[error(transparent)]
    Png(#[from] png::DecodingError),
    /// It is not of 8-bit RGBA.
    #[error(transparent)]
    Pixels(#[from] tray_icon::BadIcon),
}

/// Decodes the picture of a state.
pub(crate) fn picture(icon: Icon, panel: Panel) -> Result<tray_icon::Icon, PictureError> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(file(icon, panel))).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().unwrap_or_default()];
    let frame = reader.next_frame(&mut pixels)?;
    pixels.truncate(frame.buffer_size());
    Ok(tray_icon::Icon::from_rgba(pixels, frame.width, frame.height)?)
}

fn file(icon: Icon, panel: Panel) -> &'static [u8] {
    macro_rules! files {
        ($state:literal) => {
            match panel {
                Panel::Dark => {
                    include_bytes!(concat!("../../../icons/tray-", $state, "-on-dark.png")).as_slice()
                }
                Panel::Light => include_bytes!(concat!("../../../icons/tray-", $state, "-on-light.png")),
                Panel::Template => include_bytes!(concat!("../../../icons/tray-", $state, "-template.png")),
            }
        };
    }
    match icon {
        Icon::SignedIn => files!("signed-in"),
        Icon::Attention => files!("attention"),
        Icon::SignedOut => files!("signed-out"),
        Icon::Working => files!("working"),
    }
}

#[cfg(test)]
mod tests {
    use herokey_core::menu::Icon;

    use super::{Panel, file, picture};

    #[test]
    fn every_picture_can_be_read_and_is_its_own() {
        let mut seen = Vec::new();
        for icon in [Icon::SignedIn, Icon::Attention, Icon::SignedOut, Icon::Working] {
            for panel in [Panel::Dark, Panel::Light, Panel::Template] {
                picture(icon, panel).unwrap();
                assert!(!seen.contains(&file(icon, panel)), "{icon:?} on {panel:?} looks like another");
                seen.push(file(icon, panel));
            }
        }
    }
}
