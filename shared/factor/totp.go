package factor

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

const (
	period = 30 * time.Second
	// skew is how many steps a phone's clock and a person's typing may be off
	// (RFC 6238, section 5.2).
	skew      = 1
	codeSize  = 6
	keySize   = 20 // of the hash: RFC 4226, section 4
	groupSize = 4
)

// Enrolment is a new key for an authenticator app.
type Enrolment struct {
	// Secret is the key in base32, in groups for typing.
	Secret string
	// URI is the same as an otpauth: link, for a QR code.
	URI string
}

// Begin makes a key for the owner, which counts once it was confirmed in the same
// place: within names the sign-in or session that shows it. There the same key is
// returned again, elsewhere another one takes its place. issuer and account are
// what the app shows. ErrEnrolled when the owner has a confirmed key.
func (s Store) Begin(ctx context.Context, o Owner, within, issuer, account string) (Enrolment, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key)
	now := s.Clock.Now()
	fresh := row{
		ID: uuid.New(), TenantID: o.TenantID, UserID: o.UserID, Kind: TOTP, BegunIn: within,
		Secret: s.sealed(placeKey, o.UserID, key), CreatedAt: now, UpdatedAt: now,
	}
	_, err := s.DB.NewInsert().Model(&fresh).Column(columns...).
		On("CONFLICT (user_id) WHERE kind = 'totp' DO UPDATE").
		Set("secret = EXCLUDED.secret, begun_in = EXCLUDED.begun_in, updated_at = EXCLUDED.updated_at").
		Where("row.tenant_id = EXCLUDED.tenant_id AND row.confirmed_at IS NULL AND row.begun_in <> EXCLUDED.begun_in").
		Returning("NULL").Exec(ctx)
	if err != nil {
		return Enrolment{}, fmt.Errorf("factor: begin: %w", err)
	}
	kept, err := s.app(ctx, o.UserID, false)
	switch {
	case err != nil:
		return Enrolment{}, err
	case kept.TenantID != o.TenantID:
		return Enrolment{}, ErrTenant
	case kept.ConfirmedAt != nil:
		return Enrolment{}, ErrEnrolled
	case kept.BegunIn != within:
		return Enrolment{}, ErrNotBegun
	}
	if key, err = s.opened(placeKey, o.UserID, kept.Secret); err != nil {
		return Enrolment{}, err
	}
	return enrolment(key, issuer, account)
}

// enrolment takes the colon out of the names: it parts them in the link.
func enrolment(key []byte, issuer, account string) (Enrolment, error) {
	plain := strings.NewReplacer(":", " ")
	link, err := totp.Generate(totp.GenerateOpts{
		Issuer: plain.Replace(issuer), AccountName: plain.Replace(account), Secret: key,
		Period: uint(period.Seconds()), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return Enrolment{}, fmt.Errorf("factor: the link: %w", err)
	}
	return Enrolment{Secret: grouped(link.Secret(), " "), URI: link.URL()}, nil
}

func grouped(text, by string) string {
	var groups []string
	for group := range slices.Chunk([]byte(text), groupSize) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, by)
}

// Confirm makes the key count that was begun in the same place, if the code is
// one of it. The code is spent by that. It is for a transaction.
func (s Store) Confirm(ctx context.Context, userID uuid.UUID, within, text string) (Result, error) {
	kept, err := s.app(ctx, userID, true)
	if err != nil {
		return Result{}, err
	}
	if kept.BegunIn != within {
		return Result{}, ErrNotBegun
	}
	code, ok := digits(text)
	if !ok {
		return Result{Kind: TOTP}, nil
	}
	result, err := s.takeTOTP(ctx, []row{kept}, code, s.Clock.Now())
	result.Kind = TOTP
	if err != nil || !result.Right {
		return result, err
	}
	if kept.ConfirmedAt != nil {
		return Result{}, ErrEnrolled
	}
	_, err = s.DB.NewUpdate().Model((*row)(nil)).Set("confirmed_at = ?", s.Clock.Now()).
		Where("id = ? AND confirmed_at IS NULL", kept.ID).Exec(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("factor: confirm: %w", err)
	}
	return result, nil
}

// app reads the account's one app.
func (s Store) app(ctx context.Context, userID uuid.UUID, lock bool) (row, error) {
	var r row
	query := s.DB.NewSelect().Model(&r).Column(columns...).Where("user_id = ? AND kind = ?", userID, TOTP)
	if lock {
		query = query.For("UPDATE")
	}
	err := query.Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return row{}, ErrNotBegun
	}
	if err != nil {
		return row{}, fmt.Errorf("factor: read the app: %w", err)
	}
	return r, nil
}

// takeTOTP takes a code of one of the steps around now. That the step must be
// younger than the last one is asked of the database, by the same statement that
// keeps it. The key is sealed anew: keys are kept for years, and the master key
// that one was sealed under must some day be dropped.
func (s Store) takeTOTP(ctx context.Context, rows []row, code string, now time.Time) (Result, error) {
	r := rows[0]
	key, err := s.opened(placeKey, r.UserID, r.Secret)
	if err != nil {
		return Result{}, err
	}
	steps, err := matching(key, code, now)
	if err != nil || len(steps) == 0 {
		return Result{}, err
	}
	step := slices.Max(steps)
	updated, err := s.DB.NewUpdate().Model((*row)(nil)).
		Set("secret = ?", s.sealed(placeKey, r.UserID, key)).Set("last_step = ?", step).Set("used_at = ?", now).Set("updated_at = ?", now).
		Where("id = ? AND last_step < ?", r.ID, step).Exec(ctx)
	if err != nil {
		return Result{}, fmt.Errorf("factor: keep the step: %w", err)
	}
	n, err := updated.RowsAffected()
	return Result{Right: n == 1, Replayed: n != 1}, err
}

// matching are the steps around now whose code this is.
func matching(key []byte, code string, now time.Time) (steps []int64, err error) {
	secret := base32.StdEncoding.EncodeToString(key)
	current := now.Unix() / int64(period.Seconds())
	for step := current - skew; step <= current+skew; step++ {
		right, err := hotp.ValidateCustom(code, uint64(step), secret, hotp.ValidateOpts{
			Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1,
		})
		if err != nil {
			return nil, fmt.Errorf("factor: the code of a step: %w", err)
		}
		if right {
			steps = append(steps, step)
		}
	}
	return steps, nil
}

// digits reads six digits with whatever was put between them, in the numerals
// of an Arabic, Persian or full-width keyboard as well.
func digits(text string) (string, bool) {
	var code strings.Builder
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			code.WriteRune(c)
		case c >= '\u0660' && c <= '\u0669':
			code.WriteRune('0' + c - '\u0660')
		case c >= '\u06f0' && c <= '\u06f9':
			code.WriteRune('0' + c - '\u06f0')
		case c >= '\uff10' && c <= '\uff19':
			code.WriteRune('0' + c - '\uff10')
		case !between(c):
			return "", false
		}
		if code.Len() > codeSize {
			return "", false
		}
	}
	return code.String(), code.Len() == codeSize
}

// between reports whether people put c between the groups of a code.
func between(c rune) bool { return unicode.IsSpace(c) || unicode.In(c, unicode.Pd, unicode.Cf) }

// Places that sealed values are bound to, with the account's id after them.
const (
	placeKey    = "credentials.totp:"
	placeReveal = "credentials.recovery:"
)

func (s Store) sealed(place string, userID uuid.UUID, value []byte) string {
	return base64.StdEncoding.EncodeToString(s.Box.Seal(place+userID.String(), value))
}

func (s Store) opened(place string, userID uuid.UUID, text string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("factor: a sealed value: %w", err)
	}
	value, err := s.Box.Open(place+userID.String(), raw)
	if err != nil {
		return nil, fmt.Errorf("factor: a sealed value: %w", err)
	}
	return value, nil
}
