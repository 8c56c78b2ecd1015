package factor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

const (
	codes    = 10
	codeBits = 80
	// replayFor is how long a recovery code that was used is told from a wrong
	// one: it is for a form that was sent twice.
	replayFor = time.Minute
)

// alphabet has no I, L, O and U (Crockford): what is read off paper as one of
// them is taken for what it looks like.
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

var encoding = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

const recoverySize = codeBits / 5

// IssueCodes gives the owner new recovery codes, in place of all former ones. It
// is for a transaction.
func (s Store) IssueCodes(ctx context.Context, o Owner) error {
	if _, err := s.remove(ctx, o.UserID, Recovery); err != nil {
		return err
	}
	now := s.Clock.Now()
	rows := make([]row, codes)
	for i := range rows {
		raw := make([]byte, codeBits/8)
		_, _ = rand.Read(raw)
		code := encoding.EncodeToString(raw)
		reveal := s.sealed(placeReveal, o.UserID, []byte(code))
		rows[i] = row{
			ID: uuid.New(), TenantID: o.TenantID, UserID: o.UserID, Kind: Recovery, Secret: hash(o.UserID, code),
			ConfirmedAt: &now, Reveal: &reveal, CreatedAt: now, UpdatedAt: now,
		}
	}
	if _, err := s.DB.NewInsert().Model(&rows).Column(columns...).Returning("NULL").Exec(ctx); err != nil {
		return fmt.Errorf("factor: issue recovery codes: %w", err)
	}
	return nil
}

// UnreadCodes are the codes that are still to be shown, in groups for reading.
func (s Store) UnreadCodes(ctx context.Context, userID uuid.UUID) ([]string, error) {
	var reveals []string
	err := s.DB.NewSelect().Model((*row)(nil)).Column("reveal").
		Where("user_id = ? AND kind = ? AND reveal IS NOT NULL AND used_at IS NULL", userID, Recovery).
		OrderExpr("id").Scan(ctx, &reveals)
	if err != nil {
		return nil, fmt.Errorf("factor: read the recovery codes: %w", err)
	}
	shown := make([]string, len(reveals))
	for i, reveal := range reveals {
		code, err := s.opened(placeReveal, userID, reveal)
		if err != nil {
			return nil, err
		}
		shown[i] = grouped(string(code), "-")
	}
	return shown, nil
}

// KeptCodes notes that the person has kept the codes: from here on they cannot
// be shown. It reports whether there were any that could; of many calls at once one
// does. It is for a transaction.
func (s Store) KeptCodes(ctx context.Context, userID uuid.UUID) (bool, error) {
	if _, err := s.locked(ctx, userID, Recovery); err != nil {
		return false, err
	}
	result, err := s.DB.NewUpdate().Model((*row)(nil)).Set("reveal = NULL").
		Where("user_id = ? AND kind = ? AND reveal IS NOT NULL", userID, Recovery).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("factor: forget the recovery codes: %w", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return false, err
	}
	return true, s.AskPasskeys(ctx, userID)
}

func (s Store) takeRecovery(ctx context.Context, rows []row, code string, now time.Time) (Result, error) {
	owner := rows[0].UserID
	var taken []uuid.UUID
	err := s.DB.NewUpdate().Model((*row)(nil)).
		Set("used_at = ?", now).Set("reveal = NULL").Set("updated_at = ?", now).
		Where("user_id = ? AND kind = ? AND secret = ? AND used_at IS NULL", owner, Recovery, hash(owner, code)).
		Returning("id").Scan(ctx, &taken)
	if err != nil {
		return Result{}, fmt.Errorf("factor: use a recovery code: %w", err)
	}
	result := Result{Right: len(taken) == 1}
	for _, r := range rows {
		switch {
		case r.UsedAt == nil:
			result.Left++
		case r.Secret == hash(owner, code) && now.Sub(*r.UsedAt) < replayFor:
			result.Replayed = true
		}
	}
	if result.Right {
		result.Left--
	}
	return result, nil
}

// hash is what is kept of a code. 80 random bits leave nothing to guess, so a
// plain hash is enough; the account in it makes a row worthless at another one.
func hash(userID uuid.UUID, code string) string {
	sum := sha256.Sum256([]byte("authway recovery code\x00" + userID.String() + "\x00" + code))
	return hex.EncodeToString(sum[:])
}

// recoveryCode reads a recovery code in any case, with whatever was put between
// its characters.
func recoveryCode(text string) (string, bool) {
	var code strings.Builder
	for _, c := range strings.ToUpper(text) {
		switch c {
		case 'O':
			c = '0'
		case 'I', 'L':
			c = '1'
		}
		switch {
		case strings.ContainsRune(alphabet, c):
			code.WriteRune(c)
		case !between(c):
			return "", false
		}
		if code.Len() > recoverySize {
			return "", false
		}
	}
	return code.String(), code.Len() == recoverySize
}
