package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/spf13/cobra"

	"nghitruong/auth"
	"nghitruong/council"
	"nghitruong/ffmpeg"
	"nghitruong/office"
	"nghitruong/room"
	"nghitruong/sfu"
	"nghitruong/sfu/turn"
	"nghitruong/signaling"
	"nghitruong/store"
	"nghitruong/web"
)

func serveCommand(configured configurer) *cobra.Command {
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve: needs nothing but a data folder", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := configured(cmd)
			if err != nil {
				return err
			}
			return serve(cmd.Context(), c, cmd.OutOrStdout(), func(ctx context.Context, a *app) error {
				return a.printFirst(ctx, cmd.OutOrStdout())
			})
		},
	}
	addSettings(cmd)
	return cmd
}

// app is a wired server.
type app struct {
	config    *Config
	log       *slog.Logger
	base      string // how people reach the pages, without a slash at the end
	store     *store.DB
	auth      *auth.Service
	rooms     *room.Registry
	office    *office.Office
	media     *sfu.Server
	turn      *turn.Server // nil when off
	relay     relay
	children  *ffmpeg.Runner
	recorder  *recorder
	signaling *signaling.Handler
	web       *web.Server
	pages     http.Handler
	tls       *tls.Config
	listener  net.Listener
}

// serve wires a server, calls ready when pages are served, runs until ctx ends and stops in order: people are told, sockets
// close, rooms finish their batch, the ledger is folded.
func serve(ctx context.Context, c *Config, out io.Writer, ready func(context.Context, *app) error) error {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level(c.LogLevel)}))
	a := &app{config: c, log: log}
	defer a.close()
	if err := a.wire(ctx); err != nil {
		return err
	}
	server := &http.Server{
		Handler: withState(a.pages), ConnContext: keepState, TLSConfig: a.tls, ErrorLog: slog.NewLogLogger(quiet{log.Handler()}, slog.LevelDebug),
		ReadHeaderTimeout: handshakeTime, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	failed := make(chan error, 1)
	go func() {
		failed <- server.Serve(a.listener)
	}()
	a.printAddresses(out)
	err := ready(ctx, a)
	if err == nil {
		select {
		case err = <-failed:
			return fmt.Errorf("serve pages: %w", err)
		case <-ctx.Done():
		}
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.StopGrace)
	defer cancel()
	log.Info("stopping")
	return errors.Join(err, a.signaling.Drain(grace), server.Shutdown(grace))
}

// listen opens the port of pages and messages, as plain TCP: the options of patch are not for the multipath kind.
func listen(ctx context.Context, address string) (net.Listener, error) {
	lc := net.ListenConfig{Control: patch}
	lc.SetMultipathTCP(false)
	return lc.Listen(ctx, "tcp", address)
}

// wire opens the store and makes every part; close undoes it in any state.
func (a *app) wire(ctx context.Context) (err error) {
	c := a.config
	var authority []byte
	if a.store, err = store.Open(ctx, c.Data, store.Options{Log: a.log}); err != nil {
		return fmt.Errorf("open the data folder %s: %w", c.Data, err)
	}
	if a.tls, authority, err = tlsConfig(ctx, c, a.log); err != nil {
		return err
	}
	if a.listener, err = listen(ctx, c.Listen); err != nil {
		return fmt.Errorf("listen on %s: %w", c.Listen, err)
	}
	a.base = a.publicURL()
	a.auth, err = auth.New(ctx, auth.Config{Store: a.store, Log: a.log, Revoked: func(sitting string, p council.PersonID, device string) {
		if a.signaling != nil {
			a.signaling.Revoked(sitting, p, device)
		}
	}})
	if err != nil {
		return err
	}
	metrics, boot := room.NewMetrics(), rand.Text()
	a.recorder = a.openRecorder(boot)
	a.rooms, err = room.NewRegistry(room.Config{
		Ledger: a.store, Permits: auth.Permits{}, Side: a.store, Directory: a.store, Recorder: a.recorder.asRoom(), Log: a.log, Metrics: metrics, Boot: boot,
	})
	if err != nil {
		return err
	}
	if a.office, err = office.New(ctx, office.Config{Store: a.store, Identity: a.auth, Rooms: a.rooms, Log: a.log}); err != nil {
		return err
	}
	if a.media, err = sfu.NewServer(sfu.Config{Listen: mediaListen(c), UDPPort: c.UDPPort, TCPPort: c.TCPPort, PublicAddresses: c.PublicAddresses, Relayed: a.relayed, Log: a.log}); err != nil {
		return err
	}
	if err = a.openRelay(); err != nil {
		return err
	}
	media := attended{Server: a.media, cameras: a.wireCameras(ctx), smaller: a.wireSmaller(ctx), recorder: a.recorder}
	a.signaling, err = signaling.New(signaling.Config{
		Rooms: a.rooms, Media: media, Identity: a.auth, Doors: doors{a.office}, Relay: a.relay, Resume: a.auth.Resume, Log: a.log,
		Origins: origins(c), Seats: c.MaxPeople, Reserve: c.Reserve, Connections: c.Connections,
	})
	if err != nil {
		return err
	}
	a.recorder.resume(ctx)
	registry := prometheus.NewRegistry()
	registry.MustRegister(a.measured(metrics)...)
	if a.tls != nil {
		a.listener = sharePort(a.listener, a.tls, a.serveRelay)
	}
	return a.wirePages(registry, authority)
}

// measured is everything at /metrics.
func (a *app) measured(rooms *room.Metrics) []prometheus.Collector {
	all := []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}
	all = append(all, rooms.Collectors()...)
	all = append(all, a.media.Collectors()...)
	if a.turn != nil {
		all = append(all, a.turn.Collectors()...)
	}
	all = append(all, a.children.Collectors()...)
	return append(all, a.signaling.Collectors()...)
}

func (a *app) close() {
	if a.listener != nil {
		a.listener.Close()
	}
	if a.signaling != nil {
		if err := a.signaling.Close(); err != nil {
			a.log.Error("stop signaling", "error", err)
		}
	}
	if a.children != nil {
		a.children.Close()
	}
	if a.recorder != nil {
		a.recorder.close()
	}
	if a.rooms != nil {
		a.rooms.Close()
	}
	if a.turn != nil {
		if err := a.turn.Close(); err != nil {
			a.log.Error("stop the relay", "error", err)
		}
	}
	if a.media != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := a.media.Close(ctx); err != nil {
			a.log.Error("stop media", "error", err)
		}
	}
	if a.store != nil {
		if err := a.store.Close(); err != nil {
			a.log.Error("close the data folder", "error", err)
		}
	}
}
