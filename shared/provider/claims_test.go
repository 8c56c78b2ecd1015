package provider

import (
	"encoding/json"
	"errors"
	"testing"
)

// exactly is what an object says under those names and no other spelling of them.
func exactly(all map[string]json.RawMessage) (c claims, err error) {
	for name, into := range map[string]any{
		"sub": &c.Subject, "nonce": &c.Nonce, "azp": &c.AuthorizedParty, "auth_time": &c.AuthTime,
		"email": &c.Email, "name": &c.Name, "given_name": &c.GivenName, "family_name": &c.FamilyName,
	} {
		if value, ok := all[name]; ok {
			err = errors.Join(err, json.Unmarshal(value, into))
		}
	}
	verified := string(all["email_verified"])
	c.EmailVerified = verified == "true" || verified == `"true"`
	return c, err
}

func FuzzClaims(f *testing.F) {
	for _, text := range []string{
		`{}`, `null`, ` null`, `[]`, `"sub"`, `1`, `true`, ``, `{`, `{"sub":"a"}{}`, `{"sub":"a",}`,
		`{"sub":"a","nonce":"b","azp":"c","auth_time":1,"email":"d","email_verified":true,"name":"e","given_name":"f","family_name":"g"}`,
		`{"Sub":"b","sub":"a"}`, `{"sub":"a","Sub":"b"}`, `{"SUB":"b"}`, `{"ſub":"b"}`, `{"sub":"a","ſub":"b"}`,
		`{"\u017fub":"b"}`, `{"s\u0075b":"a"}`, `{"sub\u0000":"b"}`, `{" sub":"b"}`, "{\"sub\xff\":\"b\"}", `{"ſub":1}`, `{"":"a"}`,
		`{"sub":"a","sub":"b"}`, `{"sub":"a","sub":null}`, `{"sub":1,"sub":"a"}`, `{"email_verified":true,"email_verified":false}`,
		`{"email_verified":"true"}`, `{"email_verified":"True"}`, `{"email_verified":1}`, `{"email_verified":null}`, `{"email_verified":[true]}`,
		`{"email_verified": true , "email":"a"}`, `{"email_verified":"\u0074rue"}`, `{"Email_Verified":true,"emailVerified":true}`,
		`{"email_verified":false,"email_Verified":true}`, `{"sub":{"sub":"a"}}`, `{"a":{"sub":"b","email_verified":true}}`, `{"sub":["a"]}`,
		`{"sub":null,"email":null,"auth_time":null}`, `{"auth_time":1.5}`, `{"auth_time":"1"}`, `{"auth_time":1e3}`, `{"auth_time":9223372036854775808}`,
		`{"sub":"<&>\u2028\ud800"}`, "{\"name\":\"\xff\"}", `{"Subject":"b","AuthTime":1,"EmailVerified":true}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var got claims
		read := json.Unmarshal(text, &got)
		var all map[string]json.RawMessage
		if json.Unmarshal(text, &all) != nil {
			if read == nil || got != (claims{}) {
				t.Fatalf("%q is no object, and is read as %+v, %v", text, got, read)
			}
			if direct := got.UnmarshalJSON(text); direct == nil || got != (claims{}) {
				t.Fatalf("%q is no object, and is read as %+v, %v", text, got, direct)
			}
			return
		}
		want, err := exactly(all)
		if (read == nil) != (err == nil) || err == nil && got != want {
			t.Fatalf("%q is read as %+v, %v; it says %+v, %v", text, got, read, want, err)
		}
	})
}
