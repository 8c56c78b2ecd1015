package credential_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/authway/authway/shared/credential"
)

const imported = "correct horse battery"

// The PBKDF2, scrypt and SSHA hashes were made with Python's hashlib; the
// phpass and Firebase ones are those in the documentation of phpass and of
// firebase/scrypt.
var importedHashes = map[string]struct{ encoded, password string }{
	"passlib PBKDF2-SHA256": {"$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$HwysB.Ke0YuzHEd/zzqZI6iTbuC8ephxy6jSfQdwV8M", imported},
	"passlib PBKDF2-SHA512": {"$pbkdf2-sha512$25000$MDEyMzQ1Njc4OWFiY2RlZg$PkJvJ1.HTMpQV1/PlBUfPMVk.KYN7kDZDOgk0VBw2s2FiV5yqXqwYhhG9fbWExOQe3VYIz/Ag8SUkqPGhVXnag", imported},
	"passlib PBKDF2-SHA1":   {"$pbkdf2$20000$MDEyMzQ1Njc4OWFiY2RlZg$Y8j5WJyBAN8iC24XBFmJXwlku/g", imported},
	"Django":                {"pbkdf2_sha256$36000$saltsalt$r962ZlTr1Ixue/yEXbBBH+olt0YkbeDQntsi4M8/OL8=", imported},
	"scrypt":                {"$scrypt$ln=14,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ebnHHTApWa0oNoXTYCCHxLXDaejcvcTRQhZaD1OJNCE", imported},
	"SSHA":                  {"{SSHA}nUZl4BaMVZn4hrSAm5dyop5Z8AkwMTIzNDU2Nzg5YWJjZGVm", imported},
	"SSHA512":               {"{SSHA512}oPyhqe9RL6mCARWRxqN2hQ4wvLweJ6I++ZVMYeXnVe7mFwb9HGmRfJP21Aq1RZLAVUvtNtoiip/1YaQVn4jxNDAxMjM0NTY3ODlhYmNkZWY=", imported},
	"phpass":                {"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0", "test12345"},
	"Firebase": {"$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$" +
		"lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$Bw==$" +
		"jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==", "user1password"},
}

func TestImportedHashesVerifyAndAreNotCurrent(t *testing.T) {
	t.Parallel()
	h := credential.NewHasher(0)
	made, err := bcrypt.GenerateFromPassword([]byte(imported), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct{ encoded, password string }{
		"bcrypt":        {string(made), imported},
		"bcrypt of PHP": {"$2y$" + string(made[4:]), imported},
	}
	for name, c := range importedHashes {
		cases[name] = c
	}
	for name, c := range cases {
		if ok, err := h.Verify(t.Context(), c.encoded, c.password); !ok || err != nil {
			t.Errorf("%s: the right password: %v, %v", name, ok, err)
		}
		if ok, err := h.Verify(t.Context(), c.encoded, c.password+"x"); ok || err != nil {
			t.Errorf("%s: a wrong password: %v, %v", name, ok, err)
		}
		if credential.Current(c.encoded) {
			t.Errorf("%s: is taken for one of ours", name)
		}
	}
	ours, err := h.Hash(t.Context(), imported)
	if err != nil || !credential.Current(ours) {
		t.Errorf("our own hash is not current: %v", err)
	}
}

func TestImportedHashesThatCostTooMuchAreRefused(t *testing.T) {
	t.Parallel()
	for name, encoded := range map[string]string{
		"bcrypt 31":           "$2b$31$" + strings.Repeat("a", 53),
		"PBKDF2 rounds":       "$pbkdf2-sha256$900000000$MDEyMzQ1Njc4OWFiY2RlZg$HwysB.Ke0YuzHEd/zzqZI6iTbuC8ephxy6jSfQdwV8M",
		"scrypt memory":       "$scrypt$ln=30,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$ebnHHTApWa0oNoXTYCCHxLXDaejcvcTRQhZaD1OJNCE",
		"scrypt lanes":        "$scrypt$ln=14,r=8,p=9999$MDEyMzQ1Njc4OWFiY2RlZg$ebnHHTApWa0oNoXTYCCHxLXDaejcvcTRQhZaD1OJNCE",
		"phpass rounds":       "$P$zIQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
		"an empty sum":        "$pbkdf2-sha256$29000$MDEyMzQ1Njc4OWFiY2RlZg$",
		"a salt and no sum":   "{SSHA}MDEy",
		"a Firebase mismatch": "$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$AAAA$Bw==$AAAAAAAA",
		"plain text":          "hunter2",
		"plain MD5":           "5f4dcc3b5aa765d61d8327deb882cf99",
	} {
		if _, err := credential.NewHasher(1).Verify(t.Context(), encoded, imported); !errors.Is(err, credential.ErrHash) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
