package main

import (
	"net"
	"net/netip"
)

// interfaceAddresses are this machine's addresses without loopback and link-local ones.
func interfaceAddresses() (out []netip.Addr) {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if err != nil {
			continue
		}
		if ip := p.Addr().Unmap(); !ip.IsLoopback() && !ip.IsLinkLocalUnicast() {
			out = append(out, ip)
		}
	}
	return out
}

// reach says in one sentence from where media addresses can be reached, "" when nothing needs saying.
func reach(addresses []netip.AddrPort) string {
	private, loopback := true, true
	for _, a := range addresses {
		ip := a.Addr()
		loopback = loopback && ip.IsLoopback()
		private = private && (ip.IsPrivate() || ip.IsLoopback())
	}
	switch {
	case len(addresses) == 0:
		return "No address for media was found: nobody will hear anything."
	case loopback:
		return "Media is offered to this machine only: people on other machines will not hear anything."
	case private:
		return "Media is offered at private addresses only: people outside this network need media.public_addresses and the open port."
	}
	return ""
}
