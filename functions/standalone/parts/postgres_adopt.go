package parts

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/authway/authway/functions/standalone/parts/supervise"
)

// Names in the home of a cluster that was made elsewhere.
const (
	adoptedConfig = "adopted.conf"
	adoptedHBA    = "adopted_hba.conf"
)

// adopt lets us into a cluster that was made elsewhere. Without a server and with
// nobody to ask, its superuser gets our password: PostgreSQL's single-user mode
// asks for none.
func adopt(ctx context.Context, o PostgresOptions, programs pgPrograms, account *supervise.Account, home string) error {
	for name, content := range map[string]string{adoptedConfig: "", adoptedHBA: "host all all 127.0.0.1/32 scram-sha-256\n"} {
		path := filepath.Join(home, name)
		if err := errors.Join(supervise.WriteFile(path, []byte(content)), account.Own(path)); err != nil {
			return err
		}
	}
	args := append([]string{"--single", "-D", filepath.Join(home, dataFolder)}, adoptedArgs(o, home)...)
	return run(ctx, o.Folder, supervise.Command{
		Name: "postgres-single", Path: programs.postgres(), Args: append(args, "template1"), Env: bareEnvironment(), Dir: home,
		// The password is ours, of letters and digits only.
		Stdin:   fmt.Sprintf("ALTER ROLE \"%s\" LOGIN PASSWORD '%s'\n", strings.ReplaceAll(o.Restored, `"`, `""`), o.Password),
		Account: account, Stop: syscall.SIGTERM,
	})
}

// adoptedArgs leave the configuration of another machine aside: its files, its
// libraries and its sizes need not be here.
func adoptedArgs(o PostgresOptions, home string) (args []string) {
	if o.Restored == "" {
		return nil
	}
	for _, s := range []string{
		"config_file=" + filepath.Join(home, adoptedConfig), "hba_file=" + filepath.Join(home, adoptedHBA), "ident_file=" + filepath.Join(home, adoptedConfig),
		"shared_preload_libraries=", "session_preload_libraries=", "local_preload_libraries=", "ssl=off", "archive_mode=off",
		"primary_conninfo=", "synchronous_standby_names=", "logging_collector=off",
	} {
		args = append(args, "-c", s)
	}
	return args
}
