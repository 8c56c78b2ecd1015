package login

import (
	"net/http"

	"github.com/authway/authway/shared/guard"
	"github.com/authway/authway/shared/problem"
	"github.com/authway/authway/shared/tenant"
)

func (f *Function) routes() http.Handler {
	page := f.pages.Handle
	people := http.NewServeMux()
	people.Handle("GET /login", page(f.showSignIn))
	people.Handle("POST /login", page(f.signIn))
	people.Handle("GET /api/login/flow", page(f.describeFlow))
	people.Handle("POST "+pathAskPasskey, page(f.askPasskey))
	people.Handle("POST "+pathAskSecondPasskey, page(f.askSecondPasskey))
	people.Handle("POST /register", page(f.register))
	people.Handle("GET "+pathProvider, page(f.showSignIn))
	people.Handle("POST "+pathProvider, page(f.signIn))
	people.Handle("GET "+pathProvider+"/{id}", page(f.toProvider))
	people.Handle("GET "+pathProvider+"/{id}/callback", page(f.fromProvider))
	people.Handle("GET "+pathFactor, page(f.showFactor))
	people.Handle("POST "+pathFactor, page(f.checkFactor))
	people.Handle("GET "+pathEnrol, page(f.showEnrolment))
	people.Handle("POST "+pathEnrol, page(f.confirmEnrolment))
	people.Handle("GET "+pathCodes, page(f.showCodes))
	people.Handle("POST "+pathCodes, page(f.keptCodes))
	people.Handle("GET "+verifying.path, page(f.showCode(verifying)))
	people.Handle("POST "+verifying.path, page(f.enterCode(verifying)))
	people.Handle("GET "+pathConfirm, page(f.showConfirm))
	people.Handle("POST "+pathConfirm, page(f.confirm))
	people.Handle("GET "+pathConfirmed, page(f.showConfirmed))
	people.Handle("GET "+pathRecover, page(f.showRecover))
	people.Handle("POST "+pathRecover, page(f.recover))
	people.Handle("GET "+recovering.path, page(f.showCode(recovering)))
	people.Handle("POST "+recovering.path, page(f.enterCode(recovering)))
	people.Handle("GET "+pathPassword, page(f.showNewPassword))
	people.Handle("POST "+pathPassword, page(f.setNewPassword))
	people.Handle("GET "+pathInvited, page(f.showInvited))
	people.Handle("POST "+pathInvited, page(f.accept))
	people.Handle("GET "+pathRestore, page(f.showRestore))
	people.Handle("POST "+pathRestore, page(f.restore))
	f.self.Routes(people)
	people.Handle("GET "+tenant.PathBrand+"{file}", page(f.showBrand))
	people.Handle("GET /logout", page(f.showLogout))
	people.Handle("POST /logout", page(f.logout))
	people.Handle("GET /signed-out", page(f.showSignedOut))
	people.Handle("GET /error", page(f.showError))
	people.Handle("/", page(func(http.ResponseWriter, *http.Request) error { return problem.NotFound }))

	// Called by Hydra, never routed by the edge.
	private := http.NewServeMux()
	private.Handle("DELETE /admin/sessions/{id}", f.pages.Problems().For(problem.JSON, f.endSession))

	all := http.NewServeMux()
	all.Handle("/", guard.Guard{Problems: f.pages.Problems(), Audience: problem.Page}.Site(f.public, people))
	all.Handle("/admin/sessions/", guard.Guard{Problems: f.pages.Problems(), Audience: problem.JSON}.Service(private))
	return all
}
