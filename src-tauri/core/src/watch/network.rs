//! Watches the kernel's routes (rtnetlink(7)): whichever program manages the network, a connection adds a route.

use std::io;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SocketAddrAny, SocketFlags, SocketType, bind, recvfrom, socket_with,
};

use super::Change;

/// `RTMGRP_IPV4_ROUTE` and `RTMGRP_IPV6_ROUTE`.
const ROUTES: u32 = 0x40 | 0x400;
/// `RTM_NEWROUTE`.
const NEW_ROUTE: u16 = 24;

pub(super) fn watch(notify: impl Fn(Change) + Send + 'static) {
    let listen = move || {
        if let Err(error) = listen(&notify) {
            tracing::info!(%error, "a returning network is not noticed");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("network".to_owned()).spawn(listen) {
        tracing::warn!(%error, "a returning network is not noticed");
    }
}

fn listen(notify: &impl Fn(Change)) -> io::Result<()> {
    // No protocol means `NETLINK_ROUTE`, which is number 0.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, ROUTES))?;
    let mut buffer = [0; 8192];
    loop {
        match recvfrom(&socket, &mut buffer, RecvFlags::empty()) {
            // Another program sent it.
            Ok((.., from)) if !from.as_ref().is_some_and(is_kernel) => {}
            // The first message is enough: four bytes of length, then its type (netlink(7)).
            Ok((read, ..)) => {
                let message_type = buffer
                    .get(4..6)
                    .filter(|_| read >= 6)
                    .and_then(|message_type| message_type.try_into().ok());
                if message_type.is_some_and(|message_type| u16::from_ne_bytes(message_type) == NEW_ROUTE) {
                    notify(Change::Network);
                }
            }
            // The kernel dropped messages, which may have been about a new route.
            Err(rustix::io::Errno::NOBUFS) => notify(Change::Network),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// True for the address of the kernel, whose port is 0 (netlink(7)).
fn is_kernel(address: &SocketAddrAny) -> bool {
    SocketAddrNetlink::try_from(address.clone()).is_ok_and(|address| address.pid() == 0)
}
