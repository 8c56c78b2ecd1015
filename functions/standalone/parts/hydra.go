package parts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// hydraTimeout bounds each call to Hydra's admin API. Making a key takes it
// longest, and an ES256 key is made in a millisecond.
const hydraTimeout = 5 * time.Second

// Hydra is a running server of our own.
type Hydra struct {
	*supervise.Process
	Admin, Public string
	program       HydraProgram
	folder        *supervise.Folder
	ports         *supervise.Reservation
}

// ReserveHydra gives Hydra its addresses ahead of its start: the functions need
// them, and Hydra needs the functions' addresses.
func ReserveHydra(f *supervise.Folder, program HydraProgram) (*Hydra, error) {
	ports, err := supervise.Reserve(2)
	if err != nil {
		return nil, err
	}
	address := func(port int) string { return "http://127.0.0.1:" + strconv.Itoa(port) }
	return &Hydra{
		Public: address(ports.Port(0)), Admin: address(ports.Port(1)),
		program: program, folder: f, ports: ports,
	}, nil
}

// Start runs Hydra, whose database has to be migrated, and gives it its keys.
func (h *Hydra) Start(ctx context.Context, s HydraSettings) error {
	s.publicPort, s.adminPort, s.admin = h.ports.Port(0), h.ports.Port(1), h.Admin
	config, err := s.config(h.program.Version)
	if err != nil {
		return err
	}
	path := h.folder.Path("hydra.json")
	if err := errors.Join(supervise.WriteFile(path, config), h.ports.Release()); err != nil {
		return err
	}
	args := []string{"serve", "all", "--config", path}
	if s.Issuer.Scheme == "http" {
		// Hydra speaks plain http only in development mode.
		args = append(args, "--dev")
	}
	h.Process, err = h.folder.Start(supervise.Command{
		Name: "hydra", Path: h.program.Path, Args: args, Dir: h.folder.Path(),
		Env: bareEnvironment("DSN=" + hydraPool(s.Database)), Stop: syscall.SIGTERM,
	})
	if err != nil {
		return err
	}
	err = await(ctx, h.Process, func(ctx context.Context) error { return HydraReady(ctx, h.Admin) })
	if errors.Is(err, errEnded) {
		err = h.Ended()
	}
	if err == nil {
		err = ensureSigningKeys(ctx, h.Admin)
	}
	if err != nil {
		return errors.Join(err, h.Process.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

// Stop ends the server, or gives back the addresses it never used.
func (h *Hydra) Stop(ctx context.Context) error {
	if h == nil {
		return nil
	}
	return errors.Join(h.ports.Release(), h.Process.Stop(ctx))
}

// HydraReady asks Hydra whether it and its database are ready.
func HydraReady(ctx context.Context, admin string) error {
	ctx, cancel := context.WithTimeout(ctx, hydraTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, admin+"/health/ready", http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("Hydra at %s answers %s when asked whether it is ready", admin, res.Status)
	}
	return nil
}

// hydraPool gives Hydra a hundred connections unless the address says how many.
// With the default of two per core it comes to a standstill at eight users: a
// token request holds a connection while it waits for a lock that an authorize
// request holds while it waits for a connection.
func hydraPool(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return dsn
	}
	q := u.Query()
	for _, name := range []string{"max_conns", "max_idle_conns"} {
		if !q.Has(name) {
			q.Set(name, "100")
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}
