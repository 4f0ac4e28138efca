/**
 * Every command of the public API that official clients know (OpenAPI of the SDKs from PyPI 5.0.40 and npm 5.0.23,
 * with the spellings that differ between them). A known command that is not built answers 501, an unknown one 400.
 */
export const knownCommands: ReadonlySet<string> = new Set(
  `
  account-custom-field-create account-custom-field-delete account-custom-field-get account-custom-field-list
  account-custom-field-update alias-details assoc-role-am assoc-target-item auth auth-method-create-alicloud
  auth-method-create-api-key auth-method-create-aws-iam auth-method-create-azure-ad auth-method-create-cert
  auth-method-create-email auth-method-create-gcp auth-method-create-k8s auth-method-create-kerberos
  auth-method-create-ldap auth-method-create-oauth2 auth-method-create-oci auth-method-create-oidc
  auth-method-create-saml auth-method-create-universal-identity auth-method-delete auth-method-get
  auth-method-list auth-method-update-alicloud auth-method-update-api-key auth-method-update-aws-iam
  auth-method-update-azure-ad auth-method-update-cert auth-method-update-email auth-method-update-gcp
  auth-method-update-k8s auth-method-update-kerberos auth-method-update-ldap auth-method-update-oauth2
  auth-method-update-oci auth-method-update-oidc auth-method-update-saml
  auth-method-update-universal-identity calc-password-security-info certificate-discovery
  change-admin-account-password client-event configure connect create-artifactory-target create-auth-method
  create-auth-method-aws-iam create-auth-method-azure-ad create-auth-method-cert create-auth-method-email
  create-auth-method-gcp create-auth-method-huawei create-auth-method-k8s create-auth-method-ldap
  create-auth-method-oauth2 create-auth-method-oci create-auth-method-oidc create-auth-method-saml
  create-auth-method-universal-identity create-aws-target create-azure-target create-certificate
  create-classic-key create-db-target create-dfc-key create-dockerhub-target create-dynamic-secret
  create-eks-target create-esm create-event-forwarder create-f5-big-ip-target create-gcp-target
  create-github-target create-gitlab-target create-gke-target create-globalsign-atlas-target
  create-globalsign-target create-godaddy-target create-group create-hashi-vault-target create-k8s-target
  create-key create-ldap-target create-linked-target create-mcp-secret-bearer-token
  create-mcp-secret-oauth-authorization-code create-mcp-secret-oauth-client-credentials create-oidc-app
  create-passkey create-ping-target create-pki-cert-issuer create-rabbitmq-target create-role
  create-rotated-secret create-salesforce-target create-secret create-ssh-cert-issuer create-ssh-target
  create-tokenizer create-usc create-user-event create-web-target create-windows-target
  create-zerossl-target deactivate-acme-account decrypt decrypt-batch decrypt-gpg decrypt-pkcs1
  decrypt-with-classic-key delete-assoc delete-assoc-target-item delete-auth-method delete-auth-methods
  delete-event-forwarder delete-gateway-cluster delete-group delete-item delete-items delete-role
  delete-role-rule delete-roles delete-target delete-targets derive-key describe-item describe-permissions
  describe-role-am-assoc describe-sub-claims detokenize detokenize-batch dynamic-secret-create-aerospike
  dynamic-secret-create-artifactory dynamic-secret-create-aws dynamic-secret-create-azure
  dynamic-secret-create-cassandra dynamic-secret-create-custom dynamic-secret-create-dockerhub
  dynamic-secret-create-eks dynamic-secret-create-gcp dynamic-secret-create-github
  dynamic-secret-create-gitlab dynamic-secret-create-gke dynamic-secret-create-google-workspace
  dynamic-secret-create-hanadb dynamic-secret-create-k8s dynamic-secret-create-ldap
  dynamic-secret-create-mongodb dynamic-secret-create-mssql dynamic-secret-create-mysql
  dynamic-secret-create-openai dynamic-secret-create-oracle dynamic-secret-create-oracledb
  dynamic-secret-create-ping dynamic-secret-create-postgresql dynamic-secret-create-rabbitmq
  dynamic-secret-create-rdp dynamic-secret-create-redis dynamic-secret-create-redshift
  dynamic-secret-create-snowflake dynamic-secret-create-venafi dynamic-secret-delete dynamic-secret-get
  dynamic-secret-get-value dynamic-secret-list dynamic-secret-tmp-creds-Get dynamic-secret-tmp-creds-delete
  dynamic-secret-tmp-creds-get dynamic-secret-tmp-creds-update dynamic-secret-update-aerospike
  dynamic-secret-update-artifactory dynamic-secret-update-aws dynamic-secret-update-azure
  dynamic-secret-update-cassandra dynamic-secret-update-custom dynamic-secret-update-dockerhub
  dynamic-secret-update-eks dynamic-secret-update-gcp dynamic-secret-update-github
  dynamic-secret-update-gitlab dynamic-secret-update-gke dynamic-secret-update-google-workspace
  dynamic-secret-update-hana dynamic-secret-update-hanadb dynamic-secret-update-k8s
  dynamic-secret-update-ldap dynamic-secret-update-mongo dynamic-secret-update-mongodb
  dynamic-secret-update-mssql dynamic-secret-update-mysql dynamic-secret-update-openai
  dynamic-secret-update-oracle dynamic-secret-update-oracledb dynamic-secret-update-ping
  dynamic-secret-update-postgresql dynamic-secret-update-rabbitmq dynamic-secret-update-rdp
  dynamic-secret-update-redis dynamic-secret-update-redshift dynamic-secret-update-snowflake
  dynamic-secret-update-venafi encrypt encrypt-batch encrypt-gpg encrypt-with-classic-key esm-create
  esm-delete esm-get esm-list esm-update event-action event-forwarder-create-email
  event-forwarder-create-servicenow event-forwarder-create-slack event-forwarder-create-teams
  event-forwarder-create-webhook event-forwarder-delete event-forwarder-get event-forwarder-update-email
  event-forwarder-update-servicenow event-forwarder-update-slack event-forwarder-update-teams
  event-forwarder-update-webhook export-classic-key folder-create folder-delete folder-delete-sync
  folder-get folder-sync folder-sync-all folder-update gateway-create-allowed-access
  gateway-create-k8s-auth-config gateway-create-migration gateway-create-producer-Redis
  gateway-create-producer-artifactory gateway-create-producer-aws gateway-create-producer-azure
  gateway-create-producer-cassandra gateway-create-producer-certificate-automation
  gateway-create-producer-chef gateway-create-producer-custom gateway-create-producer-dockerhub
  gateway-create-producer-eks gateway-create-producer-gcp gateway-create-producer-github
  gateway-create-producer-gke gateway-create-producer-hanadb gateway-create-producer-k8s
  gateway-create-producer-ldap gateway-create-producer-mongo gateway-create-producer-mssql
  gateway-create-producer-mysql gateway-create-producer-oracle gateway-create-producer-ping
  gateway-create-producer-postgresql gateway-create-producer-rabbitmq gateway-create-producer-rdp
  gateway-create-producer-redis gateway-create-producer-redshift gateway-create-producer-snowflake
  gateway-delete-allowed-access gateway-delete-allowed-management-access gateway-delete-k8s-auth-config
  gateway-delete-migration gateway-delete-producer gateway-download-customer-fragments
  gateway-get-allowed-access gateway-get-cache gateway-get-config gateway-get-defaults
  gateway-get-k8s-auth-config gateway-get-ldap-auth-config gateway-get-log-forwarding gateway-get-migration
  gateway-get-producer gateway-get-producer-tmp-creds gateway-get-remote-access
  gateway-list-customer-fragments gateway-list-migration gateway-list-producers gateway-list-rotated-secrets
  gateway-migrate-personal-items gateway-migration-status gateway-revoke-producer-tmp-creds
  gateway-rotate-secret gateway-start-producer gateway-stop-producer gateway-sync-migration
  gateway-update-allowed-access gateway-update-cache gateway-update-defaults gateway-update-item
  gateway-update-k8s-auth-config gateway-update-ldap-auth-config gateway-update-log-forwarding-aws-s3
  gateway-update-log-forwarding-azure-analytics gateway-update-log-forwarding-datadog
  gateway-update-log-forwarding-elasticsearch gateway-update-log-forwarding-google-chronicle
  gateway-update-log-forwarding-logstash gateway-update-log-forwarding-logz-io
  gateway-update-log-forwarding-splunk gateway-update-log-forwarding-stdout
  gateway-update-log-forwarding-sumologic gateway-update-log-forwarding-syslog gateway-update-migration
  gateway-update-producer-artifactory gateway-update-producer-aws gateway-update-producer-azure
  gateway-update-producer-cassandra gateway-update-producer-certificate-automation
  gateway-update-producer-chef gateway-update-producer-custom gateway-update-producer-dockerhub
  gateway-update-producer-eks gateway-update-producer-gcp gateway-update-producer-github
  gateway-update-producer-gke gateway-update-producer-hana gateway-update-producer-k8s
  gateway-update-producer-ldap gateway-update-producer-mongo gateway-update-producer-mssql
  gateway-update-producer-mysql gateway-update-producer-oracle gateway-update-producer-ping
  gateway-update-producer-postgresql gateway-update-producer-rabbitmq gateway-update-producer-rdp
  gateway-update-producer-redis gateway-update-producer-redshift gateway-update-producer-snowflake
  gateway-update-producer-tmp-creds gateway-update-remote-access gateway-update-remote-access-desktop-app
  gateway-update-remote-access-rdp-recording gateway-update-remote-access-session-forwarding-aws-s3
  gateway-update-remote-access-session-forwarding-azure-analytics
  gateway-update-remote-access-session-forwarding-datadog
  gateway-update-remote-access-session-forwarding-elasticsearch
  gateway-update-remote-access-session-forwarding-google-chronicle
  gateway-update-remote-access-session-forwarding-logstash
  gateway-update-remote-access-session-forwarding-logz-io
  gateway-update-remote-access-session-forwarding-splunk
  gateway-update-remote-access-session-forwarding-stdout
  gateway-update-remote-access-session-forwarding-sumologic
  gateway-update-remote-access-session-forwarding-syslog gateway-update-tls-cert generate-acme-eab
  generate-ca generate-csr generate-intermediate-ca get-account-logo get-account-settings get-analytics-data
  get-auth-method get-cert-challenge get-certificate-value get-dynamic-secret-value get-event-forwarder
  get-group get-kube-exec-creds get-pki-certificate get-role get-rotated-secret-value get-rsa-public
  get-scim-status get-secret-value get-ssh-certificate get-tags get-target get-target-details hmac
  import-passwords kmip-client-delete-rule kmip-client-set-rule kmip-client-update kmip-create-client
  kmip-create-environment kmip-delete-client kmip-delete-environment kmip-get-ca-bundle kmip-get-client
  kmip-get-environment kmip-list-cas kmip-list-clients kmip-move-environment kmip-renew-client
  kmip-renew-client-certificate kmip-renew-environment kmip-rotate-ca kmip-server-update
  kmip-set-environment-state kmip-sunset-ca kubeconfig-generate list-acme-accounts list-auth-methods
  list-gateways list-group list-groups list-items list-roles list-shared-items list-sra-bastions
  list-sra-sessions list-targets lock-item lock-target move-objects policy-create-keys policy-delete
  policy-get policy-list policy-update-keys provision-certificate raw-creds refresh-key renew-certificate
  request-access reset-access-key reverse-rbac revoke-certificate revoke-creds rollback-secret rotate-key
  rotate-oidc-client-secret rotated-secret-create-aerospike rotated-secret-create-alicloud
  rotated-secret-create-aws rotated-secret-create-azure rotated-secret-create-cassandra
  rotated-secret-create-custom rotated-secret-create-dockerhub rotated-secret-create-f5-big-ip
  rotated-secret-create-gcp rotated-secret-create-hanadb rotated-secret-create-hashi-vault
  rotated-secret-create-ldap rotated-secret-create-mongodb rotated-secret-create-mssql
  rotated-secret-create-mysql rotated-secret-create-okta rotated-secret-create-openai
  rotated-secret-create-oracledb rotated-secret-create-postgresql rotated-secret-create-redis
  rotated-secret-create-redshift rotated-secret-create-snowflake rotated-secret-create-splunk
  rotated-secret-create-ssh rotated-secret-create-windows rotated-secret-delete rotated-secret-delete-sync
  rotated-secret-get-value rotated-secret-list rotated-secret-sync rotated-secret-update-aerospike
  rotated-secret-update-alicloud rotated-secret-update-aws rotated-secret-update-azure
  rotated-secret-update-cassandra rotated-secret-update-custom rotated-secret-update-dockerhub
  rotated-secret-update-gcp rotated-secret-update-hanadb rotated-secret-update-hashi-vault
  rotated-secret-update-ldap rotated-secret-update-mongodb rotated-secret-update-mssql
  rotated-secret-update-mysql rotated-secret-update-okta rotated-secret-update-openai
  rotated-secret-update-oracledb rotated-secret-update-postgresql rotated-secret-update-redis
  rotated-secret-update-redshift rotated-secret-update-snowflake rotated-secret-update-splunk
  rotated-secret-update-ssh rotated-secret-update-windows runtime-authority set-item-state set-role-rule
  share-item sign-data-with-classic-key sign-ecdsa sign-gpg sign-jwt-with-classic-key sign-pkcs1
  sign-pki-cert-with-classic-key sign-rsassa-pss static-creds-auth static-secret-delete-sync
  static-secret-sync target-create-aerospike target-create-alicloud target-create-anthropic
  target-create-artifactory target-create-aws target-create-azure target-create-bedrock
  target-create-cloudflare target-create-custom-dns target-create-db target-create-digicert
  target-create-dockerhub target-create-eks target-create-f5-big-ip target-create-gcp target-create-gemini
  target-create-github target-create-gitlab target-create-gke target-create-globalsign
  target-create-globalsign-atlas target-create-godaddy target-create-google-trust target-create-grok
  target-create-hashi-vault target-create-k8s target-create-keycloak target-create-ldap
  target-create-lets-encrypt target-create-linked target-create-okta target-create-openai target-create-ping
  target-create-rabbitmq target-create-salesforce target-create-sectigo target-create-splunk
  target-create-ssh target-create-web target-create-windows target-create-zerossl target-delete target-get
  target-get-details target-list target-update-aerospike target-update-alicloud target-update-anthropic
  target-update-artifactory target-update-aws target-update-azure target-update-bedrock
  target-update-cloudflare target-update-custom-dns target-update-db target-update-digicert
  target-update-dockerhub target-update-eks target-update-f5-big-ip target-update-gcp target-update-gemini
  target-update-github target-update-gitlab target-update-gke target-update-globalsign
  target-update-globalsign-atlas target-update-godaddy target-update-google-trust target-update-grok
  target-update-hashi-vault target-update-k8s target-update-keycloak target-update-ldap
  target-update-lets-encrypt target-update-linked target-update-okta target-update-openai target-update-ping
  target-update-rabbitmq target-update-salesforce target-update-sectigo target-update-ssh target-update-web
  target-update-windows target-update-zerossl tokenize tokenize-batch uid-create-child-token
  uid-generate-token uid-list-children uid-revoke-token uid-rotate-token unlock-item unlock-target
  unwrap-token update-account-settings update-artifactory-target update-assoc update-auth-method
  update-auth-method-aws-iam update-auth-method-azure-ad update-auth-method-cert update-auth-method-gcp
  update-auth-method-k8s update-auth-method-ldap update-auth-method-oauth2 update-auth-method-oci
  update-auth-method-oidc update-auth-method-saml update-auth-method-universal-identity update-aws-target
  update-aws-target-details update-azure-target update-certificate-value update-classic-key-certificate
  update-db-target update-db-target-details update-dockerhub-target update-eks-target update-event-forwarder
  update-f5-big-ip-target update-gcp-target update-github-target update-gitlab-target update-gke-target
  update-globalsign-atlas-target update-globalsign-target update-godaddy-target update-group
  update-hashi-vault-target update-item update-k8s-target update-ldap-target update-ldap-target-details
  update-linked-target update-mcp-secret-bearer-token update-mcp-secret-oauth-authorization-code
  update-mcp-secret-oauth-client-credentials update-oidc-app update-ping-target update-pki-cert-issuer
  update-rabbitmq-target update-rabbitmq-target-details update-rdp-target-details update-role
  update-rotated-secret update-rotation-settings update-salesforce-target update-secret-val
  update-ssh-cert-issuer update-ssh-target update-ssh-target-details update-target update-target-details
  update-web-target update-web-target-details update-windows-target update-zerossl-target upload-rsa
  usc-create usc-delete usc-get usc-list usc-update user-event-last-status validate-certificate-challenge
  validate-token vault-address verify-data-with-classic-key verify-ecdsa verify-gpg
  verify-jwt-with-classic-key verify-pkcs1 verify-pki-cert-with-classic-key verify-rsassa-pss
  `
    .trim()
    .split(/\s+/),
);
