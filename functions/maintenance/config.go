package maintenance

import (
	netmail "net/mail"
	"net/url"
	"time"

	"github.com/authway/authway/functions/maintenance/backup"
	"github.com/authway/authway/functions/maintenance/backup/bundle"
	"github.com/authway/authway/functions/maintenance/breaches"
	"github.com/authway/authway/functions/maintenance/chain"
	"github.com/authway/authway/functions/maintenance/clients"
	"github.com/authway/authway/functions/maintenance/keys"
	"github.com/authway/authway/functions/maintenance/mail"
	"github.com/authway/authway/functions/maintenance/publish"
	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/events/sender"
	"github.com/authway/authway/shared/hydra"
	"github.com/authway/authway/shared/keyring"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/seal"
	"github.com/authway/authway/shared/tokens"
)

type settings struct {
	public *url.URL
	db     *postgres.DB
	box    *seal.Box
	server mail.Server
	from   netmail.Address
	// breached is where the list of breached passwords comes from, or nil.
	breached *breaches.Source
	hydra    *hydra.Client
	// hydraDB and ownerDB are nil unless HYDRA_DATABASE_URL and DATABASE_OWNER_URL name
	// them.
	hydraDB, ownerDB *postgres.DB
	auditKeep        time.Duration
	// notary signs the audit log's seals, or is nil.
	notary *tokens.Notary
	// seed is the first key that tokens are signed with, or nil.
	seed *keyring.Pair
	// turnHydra says that Hydra's own keys turn by themselves.
	turnHydra bool
	// sink is where domain events go, or nil.
	sink *publish.Sink
	// sender checks who sends events, or is nil.
	sender *sender.Verifier
	backup backup.Settings
	// clientsFile declares applications, or is ""; clientsReport leaves them as they are.
	clientsFile   string
	clientsReport bool
	// lookup and cluster are for the copy that backups have of the configuration.
	lookup  config.Lookup
	cluster *bundle.Cluster
}

// issuer is what tokens say, and nothing without a public address.
func (s settings) issuer() string {
	if s.public == nil {
		return ""
	}
	return s.public.String()
}

func readSettings(lookup config.Lookup) (settings, error) {
	reader := config.Read(lookup)
	s := settings{
		public: backend.Public(reader),
		db:     backend.Database(reader, name),
		box:    backend.Box(reader),
	}
	s.server, s.from = readMail(reader, s.public)
	s.breached = readBreached(reader)
	s.hydra = backend.Hydra(reader)
	s.hydraDB = backend.OtherDatabase(reader, "HYDRA_DATABASE_URL", name)
	s.ownerDB = backend.OtherDatabase(reader, "DATABASE_OWNER_URL", name)
	s.auditKeep, s.notary = chain.ReadKeep(reader), chain.ReadNotary(reader)
	s.seed = keys.ReadSeed(reader)
	s.turnHydra = reader.Bool("HYDRA_KEYS_ROTATE", false)
	s.sink = publish.ReadSink(reader)
	s.sender = readSender(reader)
	s.backup = backup.ReadSettings(reader)
	s.clientsFile, s.clientsReport = clients.ReadSettings(reader)
	s.lookup, s.cluster = lookup, bundle.InCluster(lookup, bundle.Mount)
	return s, reader.Err()
}

// readSender reads EVENTS_AUDIENCE, and for those that have it EVENTS_ISSUER and
// EVENTS_ISSUER_MOUNT.
func readSender(reader *config.Reader) *sender.Verifier {
	v := &sender.Verifier{
		Audience: reader.String("EVENTS_AUDIENCE", ""),
		Mount:    reader.String("EVENTS_ISSUER_MOUNT", sender.Mount),
	}
	issuer := reader.URL("EVENTS_ISSUER", sender.Cluster)
	if v.Audience == "" || issuer == nil {
		return nil
	}
	if issuer.Scheme != "https" {
		reader.Complain("EVENTS_ISSUER", "has to be https: whoever answers for it decides who sends events")
	}
	v.Issuer = issuer.String()
	return v
}

// readBreached reads BREACHED_URL. It is read as a secret: an address of object
// storage may hold one.
func readBreached(reader *config.Reader) *breaches.Source {
	address := reader.Secret("BREACHED_URL")
	if !address.IsSet() {
		return nil
	}
	source, err := breaches.ParseSource(address.Reveal())
	if err != nil {
		reader.Complain("BREACHED_URL", "is not the address of a list, such as https://host/breached or file:///path/breached")
	}
	return source
}

// readMail reads SMTP_URL, SMTP_TIMEOUT and MAIL_FROM.
func readMail(reader *config.Reader, public *url.URL) (mail.Server, netmail.Address) {
	address := reader.RequiredSecret("SMTP_URL")
	timeout := reader.Duration("SMTP_TIMEOUT", 10*time.Second, 100*time.Millisecond, 30*time.Second)
	var server mail.Server
	if address.IsSet() {
		var err error
		if server, err = mail.ParseServer(address.Reveal(), timeout); err != nil {
			reader.Complain("SMTP_URL", "is not a mail server's address, such as smtp://user:password@host:587 or smtps://host")
		}
	}
	from := mail.DefaultSender(public)
	if text := reader.String("MAIL_FROM", ""); text != "" {
		var err error
		if from, err = mail.ParseSender(text); err != nil {
			reader.Complain("MAIL_FROM", "is not a mail address, such as Authway <no-reply@example.com>")
		}
	}
	return server, from
}
