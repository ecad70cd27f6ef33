// Package shim reaches the Terraform provider, whose package is internal to its own module tree.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider returns the Terraform provider for Docker.
func NewProvider(version string) *schema.Provider {
	return provider.New(version)()
}
