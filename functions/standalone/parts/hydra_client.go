package parts

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// PutClient registers an OAuth2 client, or replaces its registration.
func PutClient(ctx context.Context, admin, id string, client any) error {
	status, err := call(ctx, http.MethodPut, admin+"/admin/clients/"+url.PathEscape(id), client)
	if err == nil && status == http.StatusNotFound {
		status, err = call(ctx, http.MethodPost, admin+"/admin/clients", client)
	}
	if err == nil && status != http.StatusOK && status != http.StatusCreated {
		err = fmt.Errorf("Hydra answers %d", status)
	}
	return err
}
