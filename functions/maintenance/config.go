package maintenance

import (
	netmail "net/mail"
	"net/url"
	"time"

	"github.com/authway/authway/functions/maintenance/mail"
	"github.com/authway/authway/shared/backend"
	"github.com/authway/authway/shared/config"
	"github.com/authway/authway/shared/postgres"
	"github.com/authway/authway/shared/seal"
)

type settings struct {
	public *url.URL
	db     *postgres.DB
	box    *seal.Box
	server mail.Server
	from   netmail.Address
}

func readSettings(lookup config.Lookup) (settings, error) {
	reader := config.Read(lookup)
	s := settings{
		public: backend.Public(reader),
		db:     backend.Database(reader, name),
		box:    backend.Box(reader),
	}
	s.server, s.from = readMail(reader, s.public)
	return s, reader.Err()
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
