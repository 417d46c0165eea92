package store

import (
	"context"
	"database/sql"
	"fmt"

	"nghitruong/council"
)

// project changes the tables that are derived from a sitting's log. It runs in the transaction of the event, and again
// in Rebuild; it depends on nothing but the record.
func project(ctx context.Context, tx *sql.Tx, councilID string, r *council.Record) error {
	body, err := council.DecodeBody(r.Type, r.Body)
	if err != nil {
		return fail("project", ErrChain, err)
	}
	p := projector{tx: tx, council: councilID, sitting: r.Log, seq: r.Seq, at: r.AtWallMS}
	switch e := body.(type) {
	case council.SittingPublished:
		return p.state(ctx, council.StatePublished)
	case council.SittingOpened:
		return p.state(ctx, council.StateOpen)
	case council.SittingPaused:
		return p.state(ctx, council.StatePaused)
	case council.SittingResumed:
		return p.state(ctx, council.StateOpen)
	case council.SittingClosed:
		return p.state(ctx, council.StateClosed)
	case council.PersonMarked:
		return p.exec(ctx, `INSERT INTO presence (council, sitting, person, state, place, seq) VALUES (?,?,?,?,?,?)
			ON CONFLICT (council, sitting, person) DO UPDATE SET state=excluded.state, place=excluded.place, seq=excluded.seq`,
			e.Person, e.State, e.Place, p.seq)
	case council.HandRaised:
		return p.exec(ctx, `INSERT INTO queue (council, sitting, entry, person, kind, label, seq) VALUES (?,?,?,?,?,?,?)`,
			e.Entry, e.Person, e.Kind, e.Label, p.seq)
	case council.HandChanged:
		return p.exec(ctx, `UPDATE queue SET kind = ?4 WHERE council = ?1 AND sitting = ?2 AND entry = ?3`, e.Entry, e.Kind)
	case council.HandLowered:
		return p.exec(ctx, `DELETE FROM queue WHERE council = ? AND sitting = ? AND entry = ?`, e.Entry)
	case council.FloorGiven:
		return p.exec(ctx, `UPDATE queue SET turn = ?4 WHERE council = ?1 AND sitting = ?2 AND entry = ?3`, e.Entry, e.Turn)
	case council.FloorDeclined:
		return p.exec(ctx, `UPDATE queue SET turn = '' WHERE council = ? AND sitting = ? AND turn = ?`, e.Turn)
	case council.FloorAccepted:
		return p.exec(ctx, `UPDATE queue SET spoke = 1 WHERE council = ? AND sitting = ? AND turn = ?`, e.Turn)
	case council.FloorEnded:
		return p.endTurn(ctx, e)
	case council.BallotOpened:
		return p.exec(ctx, `INSERT INTO ballots (council, sitting, ballot, opened_seq) VALUES (?,?,?,?)`, e.Ballot, p.seq)
	case council.VoteReceived:
		return p.vote(ctx, e.Ballot, e.Person, e.Choice, false)
	case council.VoteRecorded:
		return p.vote(ctx, e.Ballot, e.Person, e.Choice, true)
	case council.BallotClosed:
		return p.exec(ctx, `UPDATE ballots SET closed_seq = ?4, result = ?5
			WHERE council = ?1 AND sitting = ?2 AND ballot = ?3 AND closed_seq = 0`, e.Ballot, p.seq, e.Result.Hash)
	default:
		return nil
	}
}

// projector writes the rows of one event.
type projector struct {
	tx               *sql.Tx
	council, sitting string
	seq              uint64
	at               int64
}

// exec runs a statement whose first two parameters are the council and the sitting.
func (p *projector) exec(ctx context.Context, query string, args ...any) error {
	_, err := p.tx.ExecContext(ctx, query, append([]any{p.council, p.sitting}, args...)...)
	return err
}

func (p *projector) state(ctx context.Context, state council.SittingState) error {
	return p.exec(ctx, `UPDATE sittings SET state = ?3, updated_at = ?4 WHERE council = ?1 AND id = ?2`, state, p.at)
}

// endTurn lowers the hand that the turn answered; who was only invited when the chair went on keeps it.
func (p *projector) endTurn(ctx context.Context, e council.FloorEnded) error {
	if e.Why == "next" || e.Why == "pause" {
		if err := p.exec(ctx, `UPDATE queue SET turn = '' WHERE council = ? AND sitting = ? AND turn = ? AND spoke = 0`,
			e.Turn); err != nil {
			return err
		}
	}
	return p.exec(ctx, `DELETE FROM queue WHERE council = ? AND sitting = ? AND turn = ?`, e.Turn)
}

// vote counts the newest choice of a voter. The trigger refuses it once the ballot is closed, and the foreign key when
// there is no such ballot: guards behind the rules, which never let it come to that.
func (p *projector) vote(ctx context.Context, ballot string, voter council.PersonID, choice string, recorded bool) error {
	err := p.exec(ctx, `INSERT INTO votes (council, sitting, ballot, voter, choice, seq, recorded) VALUES (?,?,?,?,?,?,?)
		ON CONFLICT (council, sitting, ballot, voter) DO UPDATE
		SET choice=excluded.choice, seq=excluded.seq, recorded=excluded.recorded WHERE excluded.seq > votes.seq`,
		ballot, voter, choice, p.seq, recorded)
	if byTrigger(err) {
		return fail("count a vote", ErrBallotClosed, err)
	}
	return err
}

// Rebuild empties the projections of one log and fills them again from its events.
func (db *DB) Rebuild(ctx context.Context, councilID, log string) error {
	return db.change(ctx, "rebuild", func(ctx context.Context, tx *sql.Tx) error {
		for _, table := range []string{"votes", "ballots", "presence", "queue"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE council = ? AND sitting = ?`, councilID, log); err != nil {
				return err
			}
		}
		records, err := recordsOf(ctx, tx, councilID, log)
		if err != nil {
			return err
		}
		for i := range records {
			if err := project(ctx, tx, councilID, &records[i]); err != nil {
				return fmt.Errorf("record %d: %w", records[i].Seq, err)
			}
		}
		return nil
	})
}

func recordsOf(ctx context.Context, tx *sql.Tx, councilID, log string) ([]council.Record, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+recordColumns+` FROM events WHERE council = ? AND log = ? ORDER BY seq`,
		councilID, log)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var records []council.Record
	for rows.Next() {
		var r council.Record
		if err := scanRecord(rows, &r); err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, rows.Err()
}

// CountedVote is one row of a tally.
type CountedVote struct {
	Ballot   string
	Voter    council.PersonID
	Choice   string
	Seq      uint64
	Recorded bool // entered by the clerk
}

// Votes lists the counted votes of a sitting by ballot and voter.
func (db *DB) Votes(ctx context.Context, councilID, sitting string) ([]CountedVote, error) {
	scan := func(s scanner, v *CountedVote) error {
		return s.Scan(&v.Ballot, &v.Voter, &v.Choice, &v.Seq, &v.Recorded)
	}
	return many(ctx, db, "votes", scan, `SELECT ballot, voter, choice, seq, recorded FROM votes
		WHERE council = ? AND sitting = ? ORDER BY ballot, voter`, councilID, sitting)
}

// BallotRow is one ballot of a sitting.
type BallotRow struct {
	Ballot    string
	OpenedSeq uint64
	ClosedSeq uint64 // 0 while open
	Result    string // hash of the tally
}

// Ballots lists a sitting's ballots in the order of their opening.
func (db *DB) Ballots(ctx context.Context, councilID, sitting string) ([]BallotRow, error) {
	scan := func(s scanner, b *BallotRow) error { return s.Scan(&b.Ballot, &b.OpenedSeq, &b.ClosedSeq, &b.Result) }
	return many(ctx, db, "ballots", scan, `SELECT ballot, opened_seq, closed_seq, result FROM ballots
		WHERE council = ? AND sitting = ? ORDER BY opened_seq`, councilID, sitting)
}

// PresenceRow is the newest roll-call state of a deputy.
type PresenceRow struct {
	Person council.PersonID
	State  council.PresenceState
	Place  string
	Seq    uint64
}

// Presence lists who was marked in a sitting, by person.
func (db *DB) Presence(ctx context.Context, councilID, sitting string) ([]PresenceRow, error) {
	scan := func(s scanner, p *PresenceRow) error { return s.Scan(&p.Person, &p.State, &p.Place, &p.Seq) }
	return many(ctx, db, "presence", scan, `SELECT person, state, place, seq FROM presence
		WHERE council = ? AND sitting = ? ORDER BY person`, councilID, sitting)
}

// QueueRow is one raised hand. Turn is the invitation or turn that answers it, or "": then the hand waits.
type QueueRow struct {
	Entry  string
	Person council.PersonID
	Kind   council.TurnKind
	Label  string
	Turn   string
	Seq    uint64
}

// Queue lists the raised hands of a sitting in their order.
func (db *DB) Queue(ctx context.Context, councilID, sitting string) ([]QueueRow, error) {
	scan := func(s scanner, q *QueueRow) error {
		return s.Scan(&q.Entry, &q.Person, &q.Kind, &q.Label, &q.Turn, &q.Seq)
	}
	return many(ctx, db, "queue", scan, `SELECT entry, person, kind, label, turn, seq FROM queue
		WHERE council = ? AND sitting = ? ORDER BY seq`, councilID, sitting)
}
