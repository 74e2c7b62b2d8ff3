"""The audit's cases put to the policy, and each outcome explained."""
