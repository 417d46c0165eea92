package main

import (
	"context"
	"errors"

	"nghitruong/sfu"
	"nghitruong/signaling"
	"nghitruong/web"
)

// streams is the media of encoders and players for the pages' side.
type streams struct{ signaling *signaling.Handler }

// Ingest lets an encoder feed source.
func (s streams) Ingest(ctx context.Context, sitting, source, network, offer string) (web.Stream, error) {
	return s.open(ctx, sitting, func(c *sfu.Conference) (*sfu.Door, error) { return c.Ingest(ctx, source, network, offer) })
}

// Watch lets a player show the stage or one source.
func (s streams) Watch(ctx context.Context, sitting, source, offer string) (web.Stream, error) {
	return s.open(ctx, sitting, func(c *sfu.Conference) (*sfu.Door, error) { return c.Watch(ctx, source, offer) })
}

func (s streams) open(ctx context.Context, sitting string, enter func(*sfu.Conference) (*sfu.Door, error)) (web.Stream, error) {
	c, err := s.signaling.Media(ctx, sitting)
	if err != nil {
		return nil, err
	}
	d, err := enter(c)
	if err != nil {
		return nil, refusal(err)
	}
	return door{d}, nil
}

// Readmit opens the gates of a source that came anew from another network.
func (s streams) Readmit(ctx context.Context, sitting, source string) error {
	c, err := s.signaling.Media(ctx, sitting)
	if err != nil {
		return err
	}
	c.Readmit(source)
	return nil
}

// States tells of every source that an encoder feeds or fed.
func (s streams) States(ctx context.Context, sitting string) ([]web.StreamState, error) {
	c, err := s.signaling.Media(ctx, sitting)
	if err != nil {
		return nil, err
	}
	var out []web.StreamState
	for _, i := range c.Ingests() {
		out = append(out, web.StreamState{
			Source: i.Who, Connected: i.Connected, Held: i.Held, OnAir: i.OnAir, Codec: i.Codec, W: i.W, H: i.H, FPS: i.FPS,
			KeyframeMS: i.KeyframeMS, Warnings: append([]string{}, i.Warnings...), Ended: i.Ended,
		})
	}
	return out, nil
}

// door is a session whose refusals the pages' side understands.
type door struct{ *sfu.Door }

// Restart restarts ICE.
func (d door) Restart(ctx context.Context, ufrag, pwd string) (string, error) {
	frag, err := d.Door.Restart(ctx, ufrag, pwd)
	return frag, refusal(err)
}

// refusal translates what a client should hear of.
func refusal(err error) error {
	for _, f := range []struct {
		is   error
		kind web.StreamFault
	}{
		{sfu.ErrUnfit, web.FaultLines}, {sfu.ErrBadOffer, web.FaultOffer}, {sfu.ErrBusy, web.FaultBusy}, {sfu.ErrClosed, web.FaultClosed},
	} {
		if errors.Is(err, f.is) {
			return &web.StreamError{Kind: f.kind, Reason: err.Error()}
		}
	}
	return err
}
