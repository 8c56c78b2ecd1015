// Command keypair writes a pair of keys for generate-keys.sh where there is no
// openssl: keypair es256|rs256 PRIVATE PUBLIC.
package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "keypair:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return errors.New("keypair es256|rs256 PRIVATE PUBLIC")
	}
	private, err := generate(args[0])
	if err != nil {
		return err
	}
	inside, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	outside, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return err
	}
	return errors.Join(write(args[1], "PRIVATE KEY", inside), write(args[2], "PUBLIC KEY", outside))
}

func generate(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "es256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "rs256":
		return rsa.GenerateKey(rand.Reader, 3072)
	}
	return nil, fmt.Errorf("there is no algorithm %q", algorithm)
}

func write(name, kind string, der []byte) error {
	return os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
