// Command eso is the External Secrets Operator, unchanged but for a shorter list
// of providers. As in an installation by Helm it runs twice: plain for the
// controllers, and as `eso admission CERT_DIR PORT` for the validating webhook.
package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/external-secrets/external-secrets/cmd/controller"
)

func main() {
	if len(os.Args) < 2 || os.Args[1] != "admission" {
		controller.Execute()
		return
	}
	if err := admissionCommand(os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "eso admission:", err)
		os.Exit(1)
	}
}

func admissionCommand(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: eso admission CERT_DIR PORT")
	}
	port, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	return serveAdmission(args[0], port)
}
