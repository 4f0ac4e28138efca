package main

import (
	esv1 "github.com/external-secrets/external-secrets/apis/externalsecrets/v1"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

// serveAdmission answers the API server with the operator's own validators.
// Their own command cannot be used: it listens on every address and has no flag
// against that. certDir holds tls.crt and tls.key.
func serveAdmission(certDir string, port int) error {
	ctrl.SetLogger(zap.New())
	config, err := ctrl.GetConfig()
	if err != nil {
		return err
	}
	scheme := runtime.NewScheme()
	if err := esv1.AddToScheme(scheme); err != nil {
		return err
	}
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:        scheme,
		Metrics:       server.Options{BindAddress: "0"}, // none
		WebhookServer: webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: port, CertDir: certDir}),
	})
	if err != nil {
		return err
	}
	for _, register := range []func(ctrl.Manager) error{
		(&esv1.ExternalSecret{}).SetupWebhookWithManager,
		(&esv1.SecretStore{}).SetupWebhookWithManager,
		(&esv1.ClusterSecretStore{}).SetupWebhookWithManager,
	} {
		if err := register(manager); err != nil {
			return err
		}
	}
	return manager.Start(ctrl.SetupSignalHandler())
}
