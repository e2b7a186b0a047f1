//! The kernel's news of routes (rtnetlink(7)): whatever manages the network, a way into it is a route.

use std::io;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with};

use super::Change;

/// `RTMGRP_IPV4_ROUTE` and `RTMGRP_IPV6_ROUTE`.
const ROUTES: u32 = 0x40 | 0x400;
/// `RTM_NEWROUTE`.
const NEW_ROUTE: u16 = 24;

pub(super) fn watch(tell: impl Fn(Change) + Send + 'static) {
    let listen = move || {
        if let Err(error) = listen(&tell) {
            tracing::info!(%error, "the network's return is not watched");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("network".to_owned()).spawn(listen) {
        tracing::warn!(%error, "the network's return is not watched");
    }
}

fn listen(tell: &impl Fn(Change)) -> io::Result<()> {
    // Without a protocol: `NETLINK_ROUTE` is number 0.
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, ROUTES))?;
    let mut buffer = [0; 8192];
    loop {
        match recv(&socket, &mut buffer, RecvFlags::empty()) {
            // The first of the messages tells enough: length in four bytes, then its kind (netlink(7)).
            Ok((read, _)) => {
                let kind = buffer.get(4..6).filter(|_| read >= 6).and_then(|kind| kind.try_into().ok());
                if kind.is_some_and(|kind| u16::from_ne_bytes(kind) == NEW_ROUTE) {
                    tell(Change::Network);
                }
            }
            // More came than was kept.
            Err(rustix::io::Errno::NOBUFS) => tell(Change::Network),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
