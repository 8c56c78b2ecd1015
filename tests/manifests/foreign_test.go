package manifests

import (
	batchv1 "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kinds of other projects, as far as the manifests use them: a misspelt or a new
// field is refused until somebody has looked it up and written it down here.

type meta struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        metav1.ObjectMeta `json:"metadata"`
}

// jobSink is Knative Eventing's (sinks.knative.dev/v1alpha1). Its own code validates
// by asking an API server whether it takes the Job.
type jobSink struct {
	meta `json:",inline"`
	Spec struct {
		Job *batchv1.Job `json:"job"`
	} `json:"spec"`
}

// certificate is cert-manager's (cert-manager.io/docs/reference/api-docs).
type certificate struct {
	meta `json:",inline"`
	Spec struct {
		SecretName string   `json:"secretName"`
		DNSNames   []string `json:"dnsNames"`
		PrivateKey struct {
			Algorithm      string `json:"algorithm"`
			Size           int    `json:"size"`
			RotationPolicy string `json:"rotationPolicy"`
		} `json:"privateKey"`
		IssuerRef struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"issuerRef"`
	} `json:"spec"`
}

type resourceList = map[string]string

// cnpgCluster is CloudNativePG's (cloudnative-pg.io/documentation, API reference).
type cnpgCluster struct {
	meta `json:",inline"`
	Spec struct {
		Instances             int    `json:"instances"`
		ImageName             string `json:"imageName"`
		PrimaryUpdateStrategy string `json:"primaryUpdateStrategy"`
		EnableSuperuserAccess bool   `json:"enableSuperuserAccess"`
		InheritedMetadata     struct {
			Labels map[string]string `json:"labels"`
		} `json:"inheritedMetadata"`
		Bootstrap struct {
			InitDB struct {
				Database               string            `json:"database"`
				Owner                  string            `json:"owner"`
				Secret                 map[string]string `json:"secret"`
				PostInitSQL            []string          `json:"postInitSQL"`
				PostInitApplicationSQL []string          `json:"postInitApplicationSQL"`
			} `json:"initdb"`
		} `json:"bootstrap"`
		Managed struct {
			Roles []struct {
				Name           string            `json:"name"`
				Login          bool              `json:"login"`
				Replication    bool              `json:"replication"`
				PasswordSecret map[string]string `json:"passwordSecret"`
				InRoles        []string          `json:"inRoles"`
			} `json:"roles"`
		} `json:"managed"`
		PostgreSQL struct {
			Parameters map[string]string `json:"parameters"`
			PgHBA      []string          `json:"pg_hba"`
		} `json:"postgresql"`
		Storage    storage `json:"storage"`
		WALStorage storage `json:"walStorage"`
		Resources  struct {
			Requests resourceList `json:"requests"`
			Limits   resourceList `json:"limits"`
		} `json:"resources"`
		Affinity struct {
			EnablePodAntiAffinity bool   `json:"enablePodAntiAffinity"`
			TopologyKey           string `json:"topologyKey"`
		} `json:"affinity"`
	} `json:"spec"`
}

type storage struct {
	Size string `json:"size"`
}

// gateway and httpRoute are the Gateway API's (gateway-api.sigs.k8s.io/reference/spec).
type gateway struct {
	meta `json:",inline"`
	Spec struct {
		GatewayClassName string `json:"gatewayClassName"`
		Listeners        []struct {
			Name     string `json:"name"`
			Port     int    `json:"port"`
			Protocol string `json:"protocol"`
			Hostname string `json:"hostname"`
			TLS      *struct {
				Mode            string `json:"mode"`
				CertificateRefs []struct {
					Name string `json:"name"`
				} `json:"certificateRefs"`
			} `json:"tls"`
			AllowedRoutes struct {
				Namespaces struct {
					From string `json:"from"`
				} `json:"namespaces"`
			} `json:"allowedRoutes"`
		} `json:"listeners"`
	} `json:"spec"`
}

type httpRoute struct {
	meta `json:",inline"`
	Spec struct {
		ParentRefs []struct {
			Name        string `json:"name"`
			SectionName string `json:"sectionName"`
		} `json:"parentRefs"`
		Hostnames []string `json:"hostnames"`
		Rules     []struct {
			BackendRefs []struct {
				Name string `json:"name"`
				Port int    `json:"port"`
			} `json:"backendRefs"`
			Filters []struct {
				Type            string `json:"type"`
				RequestRedirect struct {
					Scheme     string `json:"scheme"`
					StatusCode int    `json:"statusCode"`
				} `json:"requestRedirect"`
			} `json:"filters"`
		} `json:"rules"`
	} `json:"spec"`
}

// externalSecret is the External Secrets Operator's (external-secrets.io/latest/api/externalsecret).
type externalSecret struct {
	meta `json:",inline"`
	Spec struct {
		RefreshInterval string `json:"refreshInterval"`
		SecretStoreRef  struct {
			Kind string `json:"kind"`
			Name string `json:"name"`
		} `json:"secretStoreRef"`
		Target struct {
			Name     string `json:"name"`
			Template struct {
				Type string            `json:"type"`
				Data map[string]string `json:"data"`
			} `json:"template"`
		} `json:"target"`
		Data []struct {
			SecretKey string `json:"secretKey"`
			RemoteRef struct {
				Key      string `json:"key"`
				Property string `json:"property"`
			} `json:"remoteRef"`
		} `json:"data"`
	} `json:"spec"`
}

// sealedSecret is Sealed Secrets' (github.com/bitnami-labs/sealed-secrets).
type sealedSecret struct {
	meta `json:",inline"`
	Spec struct {
		EncryptedData map[string]string `json:"encryptedData"`
		Template      struct {
			Type     string            `json:"type"`
			Metadata metav1.ObjectMeta `json:"metadata"`
		} `json:"template"`
	} `json:"spec"`
}
