// Command pulumi-resource-docker serves @pulumi/docker: the Terraform provider for Docker behind Pulumi's bridge.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/terraform-providers/terraform-provider-docker/shim"
)

// version is the one of @pulumi/docker whose tokens and names are served.
const version = "5.2.0"

func main() {
	provider := tfbridge.ProviderInfo{
		P:            sdkv2.NewProvider(shim.NewProvider(version)),
		Name:         "docker",
		Version:      version,
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_image":     {Tok: "docker:index/remoteImage:RemoteImage"},
			"docker_config":    {Tok: "docker:index/serviceConfig:ServiceConfig"},
			"docker_container": {DeleteBeforeReplace: true},
		},
	}
	provider.MustComputeTokens(tokens.SingleModule("docker_", "index", tokens.MakeStandard("docker")))
	provider.SetAutonaming(255, "-")
	tfbridge.Main("docker", version, provider, []byte("{}"))
}
