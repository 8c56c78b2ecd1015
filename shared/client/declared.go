package client

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
)

// ReconcileJob looks after what is declared.
const ReconcileJob = "clients.reconcile"

// ErrUndeclared says that no file declares the client.
var ErrUndeclared = errors.New("client: it is not declared")

// Fields are the settings that a declaration speaks of, by their names. What it does
// not speak of is left as it is.
type Fields map[string]json.RawMessage

// Difference is a field in which Hydra's registration is not what is declared.
type Difference struct {
	Field    string          `json:"field"`
	Declared json.RawMessage `json:"declared"`
	Actual   json.RawMessage `json:"actual"`
}

// FieldsOf are all fields of settings.
func FieldsOf(s Settings) (Fields, error) {
	encoded, err := json.Marshal(s.Whole())
	if err != nil {
		return nil, err
	}
	var fields Fields
	return fields, json.Unmarshal(encoded, &fields)
}

// Over puts the fields in the place of those of settings.
func (f Fields) Over(s Settings) (Settings, error) {
	have, err := FieldsOf(s)
	if err != nil {
		return Settings{}, err
	}
	for name, value := range f {
		have[name] = value
	}
	encoded, err := json.Marshal(have)
	if err != nil {
		return Settings{}, err
	}
	var out Settings
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&out); err != nil {
		return Settings{}, fmt.Errorf("client: declaration: %w", err)
	}
	return out.Whole(), nil
}

// Drift is where settings differ from the fields. The order of a list says nothing.
func (f Fields) Drift(s Settings) ([]Difference, error) {
	have, err := FieldsOf(s)
	if err != nil {
		return nil, err
	}
	drift := []Difference{}
	for name, declared := range f {
		same, err := same(declared, have[name])
		if err != nil {
			return nil, fmt.Errorf("client: %s: %w", name, err)
		}
		if !same {
			drift = append(drift, Difference{Field: name, Declared: declared, Actual: have[name]})
		}
	}
	slices.SortFunc(drift, func(a, b Difference) int { return cmp.Compare(a.Field, b.Field) })
	return drift, nil
}

func same(a, b json.RawMessage) (bool, error) {
	var x, y any
	if err := json.Unmarshal(a, &x); err != nil {
		return false, err
	}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &y); err != nil {
			return false, err
		}
	}
	return reflect.DeepEqual(sorted(x), sorted(y)), nil
}

// sorted orders lists of texts, wherever they are.
func sorted(v any) any {
	switch v := v.(type) {
	case []any:
		out := slices.Clone(v)
		for i := range out {
			out[i] = sorted(out[i])
		}
		slices.SortStableFunc(out, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = sorted(value)
		}
		return out
	}
	return v
}

// Declared is a client that a file declares.
type Declared struct {
	bun.BaseModel `bun:"table:declared_clients"`

	ClientID  string          `bun:"client_id,pk"`
	TenantID  uuid.UUID       `bun:"tenant_id"`
	Declared  json.RawMessage `bun:"declared,type:jsonb"`
	HasSecret bool            `bun:"has_secret"`
	// SecretMAC is of the secret that Hydra was last given, or nil.
	SecretMAC  []byte          `bun:"secret_mac"`
	Drift      json.RawMessage `bun:"drift,type:jsonb"`
	Missing    bool            `bun:"missing"`
	CheckedAt  time.Time       `bun:"checked_at"`
	RestoredAt *time.Time      `bun:"restored_at"`
}

// Declaration is what the row keeps of the file.
type Declaration struct {
	Kind   Kind   `json:"kind"`
	Fields Fields `json:"fields"`
}

// Declaration reads it.
func (d Declared) Declaration() (Declaration, error) {
	var out Declaration
	if err := json.Unmarshal(d.Declared, &out); err != nil {
		return Declaration{}, fmt.Errorf("client: declaration: %w", err)
	}
	return out, nil
}

// Differences reads the drift.
func (d Declared) Differences() ([]Difference, error) {
	all := []Difference{}
	if err := json.Unmarshal(d.Drift, &all); err != nil {
		return nil, fmt.Errorf("client: drift: %w", err)
	}
	return all, nil
}

// Drifted reports whether Hydra's registration is another one, or none.
func (d Declared) Drifted() bool { return d.Missing || len(d.Drift) > 0 && string(d.Drift) != "[]" }

var declaredColumns = []string{
	"client_id", "tenant_id", "declared", "has_secret", "secret_mac", "drift", "missing", "checked_at", "restored_at",
}

// Declarations keeps them in PostgreSQL.
type Declarations struct {
	DB bun.IDB
}

// ByID is one of a tenant's, or ErrUndeclared.
func (s Declarations) ByID(ctx context.Context, tenantID uuid.UUID, id string) (Declared, error) {
	var d Declared
	err := s.DB.NewSelect().Model(&d).Column(declaredColumns...).Where("client_id = ? AND tenant_id = ?", id, tenantID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return Declared{}, ErrUndeclared
	}
	if err != nil {
		return Declared{}, fmt.Errorf("client: declared: %w", err)
	}
	return d, nil
}

// Of are a tenant's, in the order of their ids.
func (s Declarations) Of(ctx context.Context, tenantID uuid.UUID) ([]Declared, error) {
	return s.list(ctx, s.DB.NewSelect().Where("tenant_id = ?", tenantID))
}

// All are those of all tenants.
func (s Declarations) All(ctx context.Context) ([]Declared, error) {
	return s.list(ctx, s.DB.NewSelect())
}

func (s Declarations) list(ctx context.Context, query *bun.SelectQuery) ([]Declared, error) {
	all := []Declared{}
	if err := query.Model(&all).Column(declaredColumns...).OrderExpr("client_id").Scan(ctx); err != nil {
		return nil, fmt.Errorf("client: declared: %w", err)
	}
	return all, nil
}

// Put writes one whole.
func (s Declarations) Put(ctx context.Context, d Declared) error {
	_, err := s.DB.NewInsert().Model(&d).Column(declaredColumns...).On("CONFLICT (client_id) DO UPDATE").
		Set("tenant_id = EXCLUDED.tenant_id, declared = EXCLUDED.declared, has_secret = EXCLUDED.has_secret, secret_mac = EXCLUDED.secret_mac").
		Set("drift = EXCLUDED.drift, missing = EXCLUDED.missing, checked_at = EXCLUDED.checked_at").
		Set("restored_at = coalesce(EXCLUDED.restored_at, ?TableAlias.restored_at)").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return fmt.Errorf("client: declare: %w", err)
	}
	return nil
}

// Restored notes that Hydra's registration is what is declared again. made says that
// Hydra had none, so that it lacks the secret that was declared.
func (s Declarations) Restored(ctx context.Context, id string, made bool, now time.Time) error {
	query := s.DB.NewUpdate().Model((*Declared)(nil)).
		Set("drift = '[]', missing = false, checked_at = ?, restored_at = ?", now, now).Where("client_id = ?", id)
	if made {
		query = query.Set("secret_mac = NULL")
	}
	if _, err := query.Exec(ctx); err != nil {
		return fmt.Errorf("client: restored: %w", err)
	}
	return nil
}

// Drop forgets those that no file declares any more. The clients live on.
func (s Declarations) Drop(ctx context.Context, id string) error {
	if _, err := s.DB.NewDelete().Model((*Declared)(nil)).Where("client_id = ?", id).Exec(ctx); err != nil {
		return fmt.Errorf("client: no longer declared: %w", err)
	}
	return nil
}
