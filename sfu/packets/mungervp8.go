package packets

const pidMask = 0x7FFF // PictureID has 15 bits (RFC 7741 section 4.2)

// vp8IDs returns the numbers that p goes out with. In-order packets also carry the stream's newest numbers on.
func (m *Munger) vp8IDs(s *segment, p *Packet, inOrder bool) VP8IDs {
	d := &p.VP8
	pid := m.unwrapPID(s, d)
	if inOrder {
		m.renumber(s, d, pid)
		if d.HasPID {
			s.ref = pid
		}
	}
	ids := VP8IDs{PID: (pid + s.pid) & pidMask, TL0: d.TL0 + s.tl0, KeyIdx: (d.KeyIdx + s.key) & 0x1F}
	if inOrder {
		if d.HasPID {
			m.ids.PID = ids.PID
		}
		if d.HasTL0 {
			m.ids.TL0 = ids.TL0
		}
		if d.HasKey {
			m.ids.KeyIdx = ids.KeyIdx
		}
		m.hasIDs = true
	}
	return ids
}

// renumber sets the shifts of the open segment: after a switch every number goes on by one; after dropped pictures the
// PictureID closes the hole. A dropped picture of which this packet is the rest is not counted, as it still needs its number.
func (m *Munger) renumber(s *segment, d *VP8, pid uint16) {
	if m.newIDs {
		m.newIDs, m.dropped = false, 0
		if m.hasIDs {
			s.pid = m.ids.PID + 1 - pid
			s.tl0 = m.ids.TL0 + 1 - d.TL0
			s.key = m.ids.KeyIdx + 1 - d.KeyIdx
		}
		return
	}
	if m.dropped == 0 || !d.HasPID {
		return
	}
	if pid == m.dropPID {
		m.dropped--
	}
	s.pid -= m.dropped
	m.dropped = 0
}

// unwrapPID returns the PictureID in 15 bits: for a publisher with 7 bits the one nearest to the newest.
func (m *Munger) unwrapPID(s *segment, d *VP8) uint16 {
	if !d.HasPID || d.Wide || m.newIDs {
		return d.PID
	}
	diff := (d.PID - s.ref) & 0x7F
	if diff >= 0x40 {
		diff |= ^uint16(0x7F)
	}
	return (s.ref + diff) & pidMask
}
