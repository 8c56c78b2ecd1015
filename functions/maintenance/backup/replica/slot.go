package replica

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/jackc/pglogrepl"

	"github.com/authway/authway/functions/maintenance/backup/wal"
)

// Slot is where the server keeps WAL for us: from Restart on nothing is removed.
type Slot struct {
	Name     string
	Timeline wal.Timeline
	Restart  wal.LSN
}

var (
	// ErrNoSlot: there is none of that name, as on a server that was promoted.
	ErrNoSlot = errors.New("replica: there is no such slot")
	// ErrLost: the server has removed WAL that the slot had kept, because there was
	// too much of it (max_slot_wal_keep_size).
	ErrLost = errors.New("replica: the server has removed the WAL that the slot was to keep")
)

var slotName = regexp.MustCompile(`^[a-z0-9_]{1,63}$`)

// ValidSlot reports whether a slot can have that name.
func ValidSlot(name string) bool { return slotName.MatchString(name) }

// Slot reads the slot of a name: ErrNoSlot, ErrLost.
func (c *Conn) Slot(ctx context.Context, name string) (Slot, error) {
	if !ValidSlot(name) {
		return Slot{}, fmt.Errorf("replica: %q is no name for a slot", name)
	}
	row, err := c.row(ctx, "READ_REPLICATION_SLOT "+name)
	switch {
	case err != nil:
		return Slot{}, err
	case len(row) != 3 || row[0] == "":
		return Slot{}, ErrNoSlot
	case row[1] == "" || row[2] == "":
		return Slot{}, ErrLost
	}
	s := Slot{Name: name}
	if s.Restart, err = wal.ParseLSN(row[1]); err != nil {
		return Slot{}, err
	}
	timeline, err := strconv.ParseUint(row[2], 10, 32)
	s.Timeline = wal.Timeline(timeline)
	return s, err
}

// MakeSlot makes the slot of a name and reserves WAL from now on. One that was
// lost is made anew; one that is there stays as it is.
func (c *Conn) MakeSlot(ctx context.Context, name string) (Slot, error) {
	there, err := c.Slot(ctx, name)
	switch {
	case err == nil:
		return there, nil
	case errors.Is(err, ErrLost):
		if err := pglogrepl.DropReplicationSlot(ctx, c.pg, name, pglogrepl.DropReplicationSlotOptions{}); err != nil {
			return Slot{}, told(err)
		}
	case !errors.Is(err, ErrNoSlot):
		return Slot{}, err
	}
	// The library has no other place for RESERVE_WAL.
	_, err = pglogrepl.CreateReplicationSlot(ctx, c.pg, name, "RESERVE_WAL",
		pglogrepl.CreateReplicationSlotOptions{Mode: pglogrepl.PhysicalReplication})
	if err != nil {
		return Slot{}, told(err)
	}
	return c.Slot(ctx, name)
}
