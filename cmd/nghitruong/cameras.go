package main

import (
	"context"
	"fmt"
	"slices"

	"nghitruong/cameras"
	"nghitruong/council"
	"nghitruong/ffmpeg"
	"nghitruong/sfu"
	"nghitruong/smaller"
)

// attended gives the media of sittings and has the configured cameras, the makers of small pictures and the recorder attend them.
type attended struct {
	*sfu.Server
	cameras  *cameras.Pool
	smaller  *smaller.Pool
	recorder *recorder
}

// Conference is the media of a sitting, made at first use.
func (m attended) Conference(sitting string) *sfu.Conference {
	conf := m.Server.Conference(sitting)
	m.cameras.Attend(sitting, conf)
	m.smaller.Attend(sitting, conf)
	m.recorder.attend(sitting, conf)
	return conf
}

// wireCameras finds ffmpeg when cameras are configured; without it they stay off and the log says so.
func (a *app) wireCameras(ctx context.Context) *cameras.Pool {
	a.children = ffmpeg.NewRunner(a.log)
	cfg := cameras.Config{Cameras: a.config.Cameras, Networks: a.config.CameraNetworks, Runner: a.children, Hall: a.hallNamed, Log: a.log}
	if len(cfg.Cameras) > 0 {
		tool, err := ffmpeg.Find(ctx, "")
		if err == nil && tool.Probe == "" {
			err = fmt.Errorf("%w: ffprobe is missing", ffmpeg.ErrAbsent)
		}
		if err != nil {
			a.log.Warn("cameras stay off", "error", err)
			cfg.Cameras = nil
		}
		cfg.Tool = tool
	}
	return cameras.NewPool(cfg)
}

// wireSmaller finds ffmpeg when small pictures are configured; without it they stay off and the log says so.
func (a *app) wireSmaller(ctx context.Context) *smaller.Pool {
	cfg := smaller.Config{Most: a.config.SmallPictures, Runner: a.children, Log: a.log}
	if cfg.Most > 0 {
		tool, err := ffmpeg.Find(ctx, "")
		if err == nil && !tool.Has("libx264") {
			err = fmt.Errorf("%w: its libx264 is missing", ffmpeg.ErrAbsent)
		}
		if err != nil {
			a.log.Warn("small pictures stay off", "error", err)
			cfg.Most = 0
		}
		cfg.Tool = tool
	}
	return smaller.NewPool(cfg)
}

// hallNamed finds the hall of a name on a sitting's list.
func (a *app) hallNamed(ctx context.Context, sitting, name string) (string, error) {
	r, err := a.rooms.Room(ctx, sitting)
	if err != nil {
		return "", err
	}
	list, err := r.Published(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range list.People {
		if (p.Name == name || p.Label == name) && slices.Contains(p.Roles, council.RoleHall) {
			return string(p.ID), nil
		}
	}
	return "", cameras.ErrNoHall
}
