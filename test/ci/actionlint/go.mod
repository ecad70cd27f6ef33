module github.com/sized-stack/actionlint

go 1.26

require github.com/rhysd/actionlint v1.7.12

tool github.com/rhysd/actionlint/cmd/actionlint
